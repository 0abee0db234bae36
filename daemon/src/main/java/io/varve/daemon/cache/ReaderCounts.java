package io.varve.daemon.cache;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Who is reading what. A reader counts itself into a cluster, and then asks which chunks are ready; who takes one away
 * makes it not ready, and then asks whether anybody is in. One of the two sees the other.
 *
 * <p>Clusters share counters, so a busy answer may mean a reader of another one: then the space is given back later.
 *
 * <p>Thread-safe because the counters are atomic, and ordered with the bits of {@link ChunkBits}.
 */
final class ReaderCounts {

    private static final int COUNTERS_SHIFT = 10;
    /** Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): neighbours get counters far apart. */
    private static final int GOLDEN = 0x9E3779B9;

    private final AtomicIntegerArray counts = new AtomicIntegerArray(1 << COUNTERS_SHIFT);

    void enter(int chunk) {
        counts.getAndIncrement(counter(chunk));
    }

    void leave(int chunk) {
        counts.getAndDecrement(counter(chunk));
    }

    /** Whether a reader may be inside the chunk. */
    boolean isBusy(int chunk) {
        return counts.get(counter(chunk)) != 0;
    }

    private static int counter(int chunk) {
        return Chunks.cluster(chunk) * GOLDEN >>> Integer.SIZE - COUNTERS_SHIFT;
    }
}
