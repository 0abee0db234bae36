package io.varve.daemon.io;

import java.io.IOException;

/** A file of ours in a format version that this build does not read. */
public final class FormatVersionException extends IOException {

    private static final long serialVersionUID = 1L;

    public FormatVersionException(String fileName, int found, int oldest, int newest) {
        super(fileName + " has format version " + found + ", this build reads " + oldest + " to " + newest
                + (found > newest ? ": use a newer varve" : ": convert it with an older varve first"));
    }
}
