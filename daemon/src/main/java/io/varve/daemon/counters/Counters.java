package io.varve.daemon.counters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersManager;

/**
 * The daemon's counters, all zero at first.
 *
 * <p>Thread-safe because every counter exists before the constructor returns and is an atomic long in its own pair
 * of cache lines.
 */
public final class Counters {

    private final AtomicCounter[] counters = new AtomicCounter[Counter.values().length];

    /**
     * @param mappedFile replaced if it exists; null for anonymous memory
     * @throws IOException if the file cannot be created
     */
    public Counters(Path mappedFile) throws IOException {
        this(mappedFile == null
                ? ByteBuffer.allocateDirect(CountersFile.length())
                : CountersFile.create(mappedFile));
    }

    private Counters(ByteBuffer memory) {
        final UnsafeBuffer file = new UnsafeBuffer(memory);
        final int metadataLength = CountersFile.metadataLength();
        final CountersManager manager = new CountersManager(
                new UnsafeBuffer(file, CountersFile.HEADER_LENGTH, metadataLength),
                new UnsafeBuffer(file, CountersFile.HEADER_LENGTH + metadataLength, CountersFile.valuesLength()));
        for (final Counter counter : Counter.values()) {
            counters[counter.ordinal()] = manager.newCounter(counter.name(), counter.id());
        }
        CountersFile.writeHeader(file);
    }

    /** In memory that only this process sees. */
    public static Counters anonymous() {
        return new Counters(ByteBuffer.allocateDirect(CountersFile.length()));
    }

    /**
     * The counters of the process that wrote {@code mappedFile}.
     *
     * @throws IOException if there is no such file, or it is not one of ours
     */
    public static CountersView view(Path mappedFile) throws IOException {
        return CountersFile.open(mappedFile);
    }

    public AtomicCounter get(Counter counter) {
        return counters[counter.ordinal()];
    }
}
