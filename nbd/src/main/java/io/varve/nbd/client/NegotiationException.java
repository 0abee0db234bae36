package io.varve.nbd.client;

import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;

/** The server refused an option. The handshake can go on with another one. */
public final class NegotiationException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int option;
    private final int replyType;

    /**
     * @param option        {@code NbdProtocol.OPT_*}
     * @param replyType     {@code NbdProtocol.REP_ERR_*}, or another value with bit 31 set
     * @param serverMessage may be empty
     */
    public NegotiationException(int option, int replyType, String serverMessage) {
        super("the server refuses option " + Integer.toUnsignedString(option) + ": " + name(replyType)
                + (serverMessage.isEmpty() ? "" : ": " + serverMessage));
        this.option = option;
        this.replyType = replyType;
    }

    public int option() {
        return option;
    }

    public int replyType() {
        return replyType;
    }

    private static String name(int replyType) {
        return switch (replyType) {
            case NbdProtocol.REP_ERR_UNSUP -> "not supported";
            case NbdProtocol.REP_ERR_POLICY -> "forbidden";
            case NbdProtocol.REP_ERR_INVALID -> "invalid";
            case NbdProtocol.REP_ERR_PLATFORM -> "not on this platform";
            case NbdProtocol.REP_ERR_TLS_REQD -> "TLS required";
            case NbdProtocol.REP_ERR_UNKNOWN -> "unknown export";
            case NbdProtocol.REP_ERR_SHUTDOWN -> "shutting down";
            case NbdProtocol.REP_ERR_BLOCK_SIZE_REQD -> "block sizes must be asked for";
            case NbdProtocol.REP_ERR_TOO_BIG -> "too big";
            case NbdProtocol.REP_ERR_EXT_HEADER_REQD -> "extended headers required";
            default -> "error 0x" + Integer.toHexString(replyType);
        };
    }
}
