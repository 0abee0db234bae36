package io.varve.daemon.format;

import java.io.IOException;

/** A file's parent is not there, is not the one it was made on, or must not be used. One line: what, and what to do. */
public final class ParentException extends IOException {

    private static final long serialVersionUID = 1L;

    public ParentException(String message) {
        super(message);
    }
}
