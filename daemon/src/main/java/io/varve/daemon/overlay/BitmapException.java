package io.varve.daemon.overlay;

import java.io.IOException;

/** A dirty bitmap cannot be had, or not be made: one line that says which one, why, and what to do. */
public final class BitmapException extends IOException {

    private static final long serialVersionUID = 1L;

    public BitmapException(String message) {
        super(message);
    }
}
