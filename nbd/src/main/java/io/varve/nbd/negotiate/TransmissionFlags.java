package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_BLOCK_STATUS_PAYLOAD;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_CAN_MULTI_CONN;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_HAS_FLAGS;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_READ_ONLY;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_ROTATIONAL;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_CACHE;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_DF;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_FAST_ZERO;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_FUA;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_TRIM;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_WRITE_ZEROES;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.wire.ReplyStyle;

/** What an export can do, in the bits of proto.md, "Transmission flags". Immutable. */
final class TransmissionFlags {

    private TransmissionFlags() {}

    /** @param contextCount contexts that the client selected for the export */
    static int of(ExportInfo info, ReplyStyle replyStyle, int contextCount) {
        int flags = TRANSMIT_HAS_FLAGS;
        for (final Feature feature : info.features()) {
            flags |= flag(feature);
        }
        if (info.has(Feature.READ_ONLY)) {
            // What is always refused is not supported.
            flags &= ~(TRANSMIT_SEND_TRIM | TRANSMIT_SEND_WRITE_ZEROES);
        }
        if ((flags & TRANSMIT_SEND_WRITE_ZEROES) == 0) {
            flags &= ~TRANSMIT_SEND_FAST_ZERO;
        }
        if (replyStyle != ReplyStyle.SIMPLE) {
            flags |= TRANSMIT_SEND_DF;
        }
        if (replyStyle == ReplyStyle.EXTENDED && contextCount > 0) {
            flags |= TRANSMIT_BLOCK_STATUS_PAYLOAD;
        }
        return flags;
    }

    private static int flag(Feature feature) {
        return switch (feature) {
            case READ_ONLY -> TRANSMIT_READ_ONLY;
            case FLUSH -> TRANSMIT_SEND_FLUSH;
            case FUA -> TRANSMIT_SEND_FUA;
            case ROTATIONAL -> TRANSMIT_ROTATIONAL;
            case TRIM -> TRANSMIT_SEND_TRIM;
            case WRITE_ZEROES -> TRANSMIT_SEND_WRITE_ZEROES;
            case FAST_ZERO -> TRANSMIT_SEND_FAST_ZERO;
            case CACHE -> TRANSMIT_SEND_CACHE;
            case CAN_MULTI_CONN -> TRANSMIT_CAN_MULTI_CONN;
        };
    }
}
