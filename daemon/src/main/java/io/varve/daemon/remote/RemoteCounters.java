package io.varve.daemon.remote;

import io.varve.daemon.cache.CacheCounters;
import java.util.concurrent.atomic.LongAdder;

/** What the remote sources did that share it. Thread-safe because each count is an adder. */
public final class RemoteCounters {

    final LongAdder demandChunks = new LongAdder();
    final LongAdder demandBytes = new LongAdder();
    final LongAdder aheadChunks = new LongAdder();
    final LongAdder aheadBytes = new LongAdder();
    final LongAdder hits = new LongAdder();
    final LongAdder joined = new LongAdder();
    final LongAdder overtaken = new LongAdder();
    final LongAdder failed = new LongAdder();
    private final CacheCounters cache = new CacheCounters();

    /** Chunks that came from origins because a client waited. */
    public long demandChunks() {
        return demandChunks.sum();
    }

    /** Bytes of that, with what lay between chunks that were fetched together. */
    public long demandBytes() {
        return demandBytes.sum();
    }

    /** Chunks that came from origins before anybody asked. */
    public long aheadChunks() {
        return aheadChunks.sum();
    }

    /** Bytes of that, with what lay between chunks that were fetched together. */
    public long aheadBytes() {
        return aheadBytes.sum();
    }

    /** Reads, and parts of reads, that the cache answered. */
    public long hits() {
        return hits.sum();
    }

    /** Reads that found their chunk on its way, and waited for it. */
    public long joined() {
        return joined.sum();
    }

    /** Reads that had waited long enough for what was fetched ahead, and fetched it themselves. */
    public long overtaken() {
        return overtaken.sum();
    }

    /** Fetches that failed. */
    public long failed() {
        return failed.sum();
    }

    /** Of the caches: evicted, bad and wrong chunks, failures. */
    public CacheCounters cache() {
        return cache;
    }
}
