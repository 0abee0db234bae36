package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import java.io.Closeable;
import java.io.IOException;

/**
 * The open files of an overlay that is kept, with the lock that says so. Immutable; each part says who owns it.
 */
record OverlayFiles(BlockFile data, Journal journal, MapSlots slots, EpochWriter writer, Tuning tuning,
        FailureMark failureMark, Closeable lock) implements Closeable {

    /** How the overlay is written, and with which buffers. Immutable. */
    record Tuning(Geometry geometry, RecordBuffers buffers) {}

    Geometry geometry() {
        return tuning.geometry();
    }

    RecordBuffers buffers() {
        return tuning.buffers();
    }

    /** The lock goes last: who gets it finds files that nobody writes any more. */
    @Override
    public void close() throws IOException {
        try (lock; data; journal) {
            slots.close();
        }
    }
}
