package io.varve.daemon.io;

import java.io.IOException;

/** Bytes on disk are not what was written: a bad checksum, magic, count or reserved bit. Names file and position. */
public final class CorruptDataException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String fileName;
    private final long position;
    private final String what;

    public CorruptDataException(String fileName, long position, String what) {
        super(fileName + " is corrupt at byte " + position + ": " + what);
        this.fileName = fileName;
        this.position = position;
        this.what = what;
    }

    public String fileName() {
        return fileName;
    }

    /** Byte in the file: the first one that is wrong, or the field that gave it away. */
    public long position() {
        return position;
    }

    /** One line, without file and position. */
    public String what() {
        return what;
    }
}
