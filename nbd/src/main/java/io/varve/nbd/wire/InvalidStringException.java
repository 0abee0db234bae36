package io.varve.nbd.wire;

import java.io.IOException;

/** Bytes from the other side are not a string as the protocol allows it; the message says why. */
public final class InvalidStringException extends IOException {

    private static final long serialVersionUID = 1L;

    public InvalidStringException(String message) {
        super(message);
    }
}
