package io.varve.daemon.cache;

import java.io.IOException;

/** A directory holds the cache of another disk than the one that was asked for. */
public final class OtherDiskException extends IOException {

    private static final long serialVersionUID = 1L;

    OtherDiskException(String fileName, String what) {
        super(fileName + " belongs to the cache of another disk: " + what + "; delete the directory, or give this"
                + " disk one of its own");
    }
}
