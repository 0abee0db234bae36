package io.varve.daemon.io.sim;

import java.nio.file.Path;

/**
 * A call that changes something, before it takes effect. Immutable.
 *
 * @param index    how many such calls the file space has seen before
 * @param position for WRITE, PUNCH and ZERO: first byte; for TRUNCATE: the new size; otherwise 0
 * @param length   for WRITE, PUNCH and ZERO: bytes; otherwise 0
 */
public record SimCall(long index, Kind kind, Path path, long position, long length) {

    public enum Kind {
        /** Shown to hooks of reads only. */
        READ,
        WRITE,
        SYNC,
        TRUNCATE,
        PUNCH,
        ZERO,
        CREATE,
        CREATE_DIRECTORY,
        RENAME,
        EXCHANGE,
        DELETE,
        SYNC_DIRECTORY
    }
}
