package io.varve.nbd.client;

import io.varve.nbd.export.NbdError;
import java.io.IOException;

/** The server answered a request with an error. The connection stays usable. */
public final class NbdException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int wireValue;

    /**
     * @param wireValue     as received, not 0
     * @param request       that failed, in words
     * @param serverMessage what the server says about it; may be empty
     */
    public NbdException(int wireValue, String request, String serverMessage) {
        super(request + " failed: " + name(wireValue) + (serverMessage.isEmpty() ? "" : ": " + serverMessage));
        this.wireValue = wireValue;
    }

    /** A number that the protocol does not know counts as EINVAL (proto.md, "Error values"). */
    public NbdError error() {
        for (final NbdError error : NbdError.values()) {
            if (error.wireValue() == wireValue) {
                return error;
            }
        }
        return NbdError.EINVAL;
    }

    /** What stood on the wire, known or not. */
    public int wireValue() {
        return wireValue;
    }

    private static String name(int wireValue) {
        for (final NbdError error : NbdError.values()) {
            if (error.wireValue() == wireValue) {
                return error.name();
            }
        }
        return "error " + Integer.toUnsignedString(wireValue);
    }
}
