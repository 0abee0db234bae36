package io.varve.daemon.format.merge;

import java.io.IOException;

/** A file cannot be merged into another one, or not now. One line: what, and what to do. */
public final class MergeException extends IOException {

    private static final long serialVersionUID = 1L;

    public MergeException(String message) {
        super(message);
    }
}
