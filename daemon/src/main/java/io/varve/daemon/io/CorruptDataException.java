package io.varve.daemon.io;

import java.io.IOException;

/** Bytes on disk are not what was written: a bad checksum, magic, count or reserved bit. Names file and position. */
public final class CorruptDataException extends IOException {

    private static final long serialVersionUID = 1L;

    public CorruptDataException(String fileName, long position, String what) {
        super(fileName + " is corrupt at byte " + position + ": " + what);
    }
}
