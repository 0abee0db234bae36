package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import java.io.Closeable;
import java.io.IOException;

/**
 * The open files of an overlay that is kept, with the lock that says so. Immutable; each part says who owns it.
 */
record OverlayFiles(BlockFile data, Journal journal, MapSlots slots, EpochWriter writer, Geometry geometry,
        RecordBuffers buffers, Closeable lock) implements Closeable {

    /** The lock goes last: who gets it finds files that nobody writes any more. */
    @Override
    public void close() throws IOException {
        try (lock; data; journal) {
            slots.close();
        }
    }
}
