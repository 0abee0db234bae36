package io.varve.nbd.client;

import java.io.IOException;

/**
 * The server said something that the protocol does not allow; the message says what. Nothing that it says later can
 * be understood, so the connection is over.
 */
public final class ProtocolException extends IOException {

    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }
}
