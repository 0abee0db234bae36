package io.varve.nbd.negotiate;

import io.varve.nbd.export.ExportException;
import io.varve.nbd.wire.NbdProtocol;

/** The answer to an option is an error reply: its type, and a text for the person at the client. */
final class OptionRefused extends Exception {

    private static final long serialVersionUID = 1L;

    private final int replyType;

    OptionRefused(int replyType, String message) {
        super(message);
        this.replyType = replyType;
    }

    static OptionRefused invalid(String message) {
        return new OptionRefused(NbdProtocol.REP_ERR_INVALID, message);
    }

    static OptionRefused because(ExportException e) {
        return new OptionRefused(replyType(e.kind()), e.getMessage());
    }

    /** {@code NbdProtocol.REP_ERR_*}. */
    int replyType() {
        return replyType;
    }

    private static int replyType(ExportException.Kind kind) {
        return switch (kind) {
            case FORBIDDEN -> NbdProtocol.REP_ERR_POLICY;
            case SHUTTING_DOWN -> NbdProtocol.REP_ERR_SHUTDOWN;
            // The protocol has no reply for "exists, but broken"; the text tells them apart.
            case UNKNOWN, FAILED -> NbdProtocol.REP_ERR_UNKNOWN;
        };
    }
}
