package io.varve.daemon.cache;

import java.util.concurrent.TimeUnit;

/**
 * How much a cache keeps, and how often it makes durable what it has.
 *
 * @param maxBytes          of chunks on disk; at least 4 chunks. Tables beside them take a hundredth more
 * @param persistIntervalNs how long what came may stay without a durable mark: after a power cut it comes again
 */
public record CacheLimits(long maxBytes, long persistIntervalNs) {

    private static final int MIN_CHUNKS = 4;
    private static final long USUAL_INTERVAL_NS = TimeUnit.SECONDS.toNanos(3);

    public CacheLimits {
        if (maxBytes < MIN_CHUNKS * (long) Chunks.CHUNK_SIZE || persistIntervalNs < 0) {
            throw new IllegalArgumentException("a cache of " + maxBytes + " bytes, persisted every "
                    + persistIntervalNs + " ns");
        }
    }

    public static CacheLimits ofBytes(long maxBytes) {
        return new CacheLimits(maxBytes, USUAL_INTERVAL_NS);
    }

    /** Chunks that may take space at one time. */
    long maxChunks() {
        return maxBytes >>> Chunks.CHUNK_SHIFT;
    }

    /** With more chunks than this, some are evicted, before there is no room for the next one. */
    long highChunks() {
        return maxChunks() - Math.max(1, maxChunks() / 16);
    }

    /** So many are left after that: each round costs some syncs, so it makes room for many. */
    long lowChunks() {
        return maxChunks() - Math.max(1, maxChunks() / 8);
    }
}
