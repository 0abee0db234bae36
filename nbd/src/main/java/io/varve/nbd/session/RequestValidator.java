package io.varve.nbd.session;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FAST_ZERO;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FUA;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_NO_HOLE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_REQ_ONE;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;
import static io.varve.nbd.wire.NbdProtocol.MAX_PAYLOAD_LENGTH;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.NbdError;
import java.util.Arrays;

/**
 * Decides once, at the edge, whether a request may reach the export. What passes needs no further checks behind it.
 *
 * <p>Source: proto.md, "Request types" and "Size constraints". Which error goes with which mistake is a SHOULD there.
 *
 * <p>Immutable.
 */
final class RequestValidator {

    private static final int COMMAND_COUNT = CMD_BLOCK_STATUS + 1;

    private final long size;
    private final boolean readOnly;
    /** By command: the flags it may carry, or -1 where the export does not offer the command. */
    private final int[] allowedFlags = new int[COMMAND_COUNT];

    RequestValidator(ExportInfo info, int commandFlagsOfReads, boolean contextsSelected) {
        size = info.size();
        readOnly = info.has(Feature.READ_ONLY);
        int fua = info.has(Feature.FUA) ? CMD_FLAG_FUA : 0;
        int fastZero = info.has(Feature.FAST_ZERO) ? CMD_FLAG_FAST_ZERO : 0;
        Arrays.fill(allowedFlags, -1);
        allowedFlags[CMD_READ] = fua | commandFlagsOfReads;
        allowedFlags[CMD_WRITE] = fua;
        allow(info, Feature.FLUSH, CMD_FLUSH, fua);
        allow(info, Feature.TRIM, CMD_TRIM, fua);
        allow(info, Feature.CACHE, CMD_CACHE, fua);
        allow(info, Feature.WRITE_ZEROES, CMD_WRITE_ZEROES, fua | CMD_FLAG_NO_HOLE | fastZero);
        if (contextsSelected) {
            allowedFlags[CMD_BLOCK_STATUS] = fua | CMD_FLAG_REQ_ONE;
        }
    }

    private void allow(ExportInfo info, Feature feature, int command, int flags) {
        // Writes to a read-only export are refused as such (EPERM), not as unknown commands (EINVAL).
        if (info.has(feature) || (readOnly && (command == CMD_TRIM || command == CMD_WRITE_ZEROES))) {
            allowedFlags[command] = flags;
        }
    }

    /** {@code DF} is only there when replies are structured (proto.md, NBD_FLAG_SEND_DF). */
    static int readFlags(boolean structuredReplies) {
        return structuredReplies ? CMD_FLAG_DF : 0;
    }

    /**
     * @param offset as on the wire, unsigned
     * @param length 0 to 2^32-1
     * @return what is wrong, or null
     */
    NbdError validate(int type, int flags, long offset, long length) {
        if (type >= COMMAND_COUNT || allowedFlags[type] < 0) {
            return NbdError.EINVAL;
        }
        boolean writes = type == CMD_WRITE || type == CMD_TRIM || type == CMD_WRITE_ZEROES;
        if (writes && readOnly) {
            return NbdError.EPERM;
        }
        if ((flags & ~allowedFlags[type]) != 0) {
            return NbdError.EINVAL;
        }
        if (type == CMD_FLUSH) {
            return null;
        }
        if (offset < 0 || offset > size || length > size - offset) {
            return type == CMD_WRITE || type == CMD_WRITE_ZEROES ? NbdError.ENOSPC : NbdError.EINVAL;
        }
        if (length == 0) {
            return NbdError.EINVAL;
        }
        if (length > MAX_PAYLOAD_LENGTH && (type == CMD_READ || type == CMD_WRITE)) {
            return type == CMD_READ ? NbdError.EOVERFLOW : NbdError.EINVAL;
        }
        return null;
    }
}
