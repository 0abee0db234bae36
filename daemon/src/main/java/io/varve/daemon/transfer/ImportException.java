package io.varve.daemon.transfer;

import java.io.IOException;

/** The source cannot be imported. The message is one line for people: what, where, what to do. */
public final class ImportException extends IOException {

    private static final long serialVersionUID = 1L;

    public ImportException(String message) {
        super(message);
    }

    public ImportException(String message, Throwable cause) {
        super(message, cause);
    }
}
