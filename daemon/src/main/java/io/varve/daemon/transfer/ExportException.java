package io.varve.daemon.transfer;

import java.io.IOException;

/** The disk cannot be exported. The message is one line for people: what, where, what to do. */
public final class ExportException extends IOException {

    private static final long serialVersionUID = 1L;

    public ExportException(String message) {
        super(message);
    }

    public ExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
