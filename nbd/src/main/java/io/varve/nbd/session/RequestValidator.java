package io.varve.nbd.session;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FAST_ZERO;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FUA;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_NO_HOLE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_PAYLOAD_LEN;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_REQ_ONE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.wire.ReplyStyle;
import java.util.Arrays;

/**
 * Decides once, at the edge, whether a request may reach the export. What passes needs no further checks behind it.
 *
 * <p>Source: proto.md, "Request types" and "Size constraints", and for extended headers its branch. Which error goes
 * with which mistake is a SHOULD there.
 *
 * <p>Immutable.
 */
final class RequestValidator {

    /** What a compact header can announce at most: a mistake gets the same answer in each style. */
    private static final long MAX_SKIPPED_LENGTH = 0xffff_ffffL;
    private static final int COMMAND_COUNT = CMD_BLOCK_STATUS + 1;

    private final long size;
    private final boolean readOnly;
    /** By command: the flags it may carry, or -1 where the export does not offer the command. */
    private final int[] allowedFlags = new int[COMMAND_COUNT];

    /** @param contextCount contexts that were selected */
    RequestValidator(ExportInfo info, ReplyStyle style, int contextCount) {
        size = info.size();
        readOnly = info.has(Feature.READ_ONLY);
        int fua = info.has(Feature.FUA) ? CMD_FLAG_FUA : 0;
        int fastZero = info.has(Feature.FAST_ZERO) ? CMD_FLAG_FAST_ZERO : 0;
        int payloadLen = style == ReplyStyle.EXTENDED ? CMD_FLAG_PAYLOAD_LEN : 0;
        Arrays.fill(allowedFlags, -1);
        // DF is only there when replies come in chunks (proto.md, NBD_FLAG_SEND_DF).
        allowedFlags[CMD_READ] = fua | (style == ReplyStyle.SIMPLE ? 0 : CMD_FLAG_DF);
        allowedFlags[CMD_WRITE] = fua | payloadLen;
        allow(info, Feature.FLUSH, CMD_FLUSH, fua);
        allow(info, Feature.TRIM, CMD_TRIM, fua);
        allow(info, Feature.CACHE, CMD_CACHE, fua);
        allow(info, Feature.WRITE_ZEROES, CMD_WRITE_ZEROES, fua | CMD_FLAG_NO_HOLE | fastZero);
        if (contextCount > 0) {
            allowedFlags[CMD_BLOCK_STATUS] = fua | CMD_FLAG_REQ_ONE | payloadLen;
        }
    }

    private void allow(ExportInfo info, Feature feature, int command, int flags) {
        // Writes to a read-only export are refused as such (EPERM), not as unknown commands (EINVAL).
        if (info.has(feature) || (readOnly && (command == CMD_TRIM || command == CMD_WRITE_ZEROES))) {
            allowedFlags[command] = flags;
        }
    }

    /**
     * Whether a payload is taken in, be it to throw it away; with a longer one the connection ends.
     *
     * @param length as on the wire, unsigned
     */
    static boolean canSkip(long length) {
        return length >= 0 && length <= MAX_SKIPPED_LENGTH;
    }

    /**
     * @param offset as on the wire, unsigned
     * @param length as on the wire, unsigned
     * @return what is wrong, or null
     */
    Failure validate(int type, int flags, long offset, long length) {
        if (type >= COMMAND_COUNT || allowedFlags[type] < 0) {
            return type == CMD_BLOCK_STATUS ? Failure.NO_CONTEXTS : Failure.NO_COMMAND;
        }
        boolean writes = type == CMD_WRITE || type == CMD_TRIM || type == CMD_WRITE_ZEROES;
        if (writes && readOnly) {
            return Failure.READ_ONLY;
        }
        if ((flags & ~allowedFlags[type]) != 0) {
            return Failure.BAD_FLAGS;
        }
        if (type == CMD_FLUSH) {
            return null;
        }
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            return type == CMD_WRITE || type == CMD_WRITE_ZEROES ? Failure.NO_ROOM_BEYOND_END : Failure.BEYOND_END;
        }
        if (length == 0) {
            return Failure.EMPTY;
        }
        if (length > MAX_PAYLOAD_LENGTH && (type == CMD_READ || type == CMD_WRITE)) {
            return type == CMD_READ ? Failure.LONG_READ : Failure.LONG_WRITE;
        }
        return null;
    }
}
