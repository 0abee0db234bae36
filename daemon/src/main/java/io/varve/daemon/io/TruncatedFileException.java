package io.varve.daemon.io;

import java.io.IOException;

/** A read wants bytes that lie behind the end of the file: it was cut, or it was never whole. Immutable. */
public final class TruncatedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** @param position the first byte that is not there */
    public TruncatedFileException(String fileName, long position) {
        super(fileName + " ends before byte " + position + ", where more was to be read");
    }
}
