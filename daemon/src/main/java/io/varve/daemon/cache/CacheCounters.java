package io.varve.daemon.cache;

import java.util.concurrent.atomic.LongAdder;

/** What the caches did that share it. Thread-safe because each count is an adder. */
public final class CacheCounters {

    final LongAdder stored = new LongAdder();
    final LongAdder declined = new LongAdder();
    final LongAdder evicted = new LongAdder();
    final LongAdder bad = new LongAdder();
    final LongAdder wrong = new LongAdder();
    final LongAdder failures = new LongAdder();

    /** Chunks that were taken in. */
    public long stored() {
        return stored.sum();
    }

    /** Chunks that were not taken in, because there was no room or the cache is off. */
    public long declined() {
        return declined.sum();
    }

    /** Chunks that had to make room. */
    public long evicted() {
        return evicted.sum();
    }

    /** Chunks that were here and could not be read, or were not what had been written; they are fetched again. */
    public long bad() {
        return bad.sum();
    }

    /** Chunks that came with other bytes than their digest says. */
    public long wrong() {
        return wrong.sum();
    }

    /** Caches that were given up, wholly or for writing. */
    public long failures() {
        return failures.sum();
    }
}
