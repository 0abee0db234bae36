package io.varve.daemon.cache;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a cache small and durable, a round at a time: evict, persist, punch. See the package description for the
 * order and its reason.
 *
 * <p>Thread-safe because one round runs at a time, behind a lock, and everything else is atomic.
 */
final class CacheUpkeep {

    private static final Logger LOG = LoggerFactory.getLogger(CacheUpkeep.class);
    private static final int WRITE_LOCKS = 64;
    private static final int LOCK_SHIFT = Integer.numberOfTrailingZeros(ChunkPages.MAX_WRITE_CHUNKS);

    private final String name;
    private final CacheFiles files;
    private final CacheHealth health;
    private final CacheCounters counters;
    private final CacheLimits limits;
    private final LongSupplier nowNs;
    private final EvictionClock clock;
    private final ReaderCounts readers = new ReaderCounts();
    private final Object[] writeLocks = new Object[WRITE_LOCKS];
    /** Chunks that take space, ready or not. */
    private final AtomicLong allocatedCount;
    private final AtomicLong badCount = new AtomicLong();
    private final Object round = new Object();
    private long badCountTold;
    private volatile boolean changed;
    private volatile long lastRoundNs;

    /** @param nowNs any clock that does not go back */
    CacheUpkeep(String name, CacheFiles files, CacheHealth health, CacheLimits limits, CacheCounters counters,
            LongSupplier nowNs) {
        this.name = name;
        this.files = files;
        this.health = health;
        this.limits = limits;
        this.counters = counters;
        this.nowNs = nowNs;
        this.clock = new EvictionClock(files.ready, files.chunkCount);
        this.allocatedCount = new AtomicLong(files.allocated.count());
        this.lastRoundNs = nowNs.getAsLong();
        for (int i = 0; i < writeLocks.length; i++) {
            writeLocks[i] = new Object();
        }
    }

    EvictionClock clock() {
        return clock;
    }

    ReaderCounts readers() {
        return readers;
    }

    /** Who writes the bytes of a chunk, or punches them, holds it. Chunks up to {@link #lockEnd} have the same one. */
    Object writeLock(int chunk) {
        return writeLocks[(chunk >>> LOCK_SHIFT) % WRITE_LOCKS];
    }

    /** The chunk behind the last one that has the same lock for sure. */
    static int lockEnd(int chunk) {
        return (chunk >>> LOCK_SHIFT) + 1 << LOCK_SHIFT;
    }

    boolean keeps(long length) {
        return limits.lowChunks() >= length >>> Chunks.CHUNK_SHIFT || limits.lowChunks() >= files.chunkCount;
    }

    /** Bytes; a short last chunk counts as a whole one. */
    long allocatedLength() {
        return Chunks.CHUNK_SIZE * allocatedCount.get();
    }

    boolean hasRoom() {
        return allocatedCount.get() < limits.maxChunks();
    }

    /** Under the chunk's lock. @return false if there is none */
    boolean takeSpace(int chunk) {
        if (files.allocated.get(chunk)) {
            return true;
        }
        if (allocatedCount.incrementAndGet() > limits.maxChunks()) {
            allocatedCount.decrementAndGet();
            return false;
        }
        files.allocated.set(chunk);
        return true;
    }

    /** The chunk's bytes and checksums are written. */
    void arrived(int chunk) {
        clock.read(chunk, chunk);
        files.ready.set(chunk);
        changed = true;
        counters.stored.increment();
    }

    /** The chunk's bytes are not what they were. Safe on an agent. */
    void distrust(int chunk) {
        if (files.ready.clear(chunk)) {
            changed = true;
            badCount.incrementAndGet();
            counters.bad.increment();
        }
    }

    boolean isDue() {
        return health.isWritable() && (allocatedCount.get() > limits.highChunks()
                || changed && nowNs.getAsLong() - lastRoundNs >= limits.persistIntervalNs());
    }

    /** Waits for syncs; never fails, the cache goes off instead. */
    void round() {
        synchronized (round) {
            if (health.isWritable()) {
                tellBad();
                evict();
                if (persist()) {
                    punch();
                }
                lastRoundNs = nowNs.getAsLong();
            }
        }
    }

    private void tellBad() {
        long bad = badCount.get();
        if (bad != badCountTold) {
            LOG.warn("{}: {} chunks were damaged, or could not be read; they are fetched again", name,
                    bad - badCountTold);
            badCountTold = bad;
        }
    }

    private void evict() {
        if (allocatedCount.get() > limits.highChunks()) {
            clock.take(files.ready.count() - limits.lowChunks(), chunk -> {
                if (files.ready.clear(chunk)) {
                    counters.evicted.increment();
                }
            });
        }
    }

    /** @return false if the cache failed */
    private boolean persist() {
        changed = false;
        Map<Integer, UnsafeBuffer> blocks = files.bitmap.changedBlocks(files.ready);
        if (blocks.isEmpty()) {
            return true;
        }
        try {
            files.pages.sync();
            files.digests.sync();
        } catch (IOException e) {
            syncFailed(e);
            return false;
        }
        try {
            files.bitmap.write(blocks);
        } catch (IOException e) {
            health.writeFailed(e);
            return false;
        }
        try {
            files.bitmap.sync(blocks);
        } catch (IOException e) {
            syncFailed(e);
            return false;
        }
        return true;
    }

    private void syncFailed(IOException cause) {
        health.turnOff(cause);
        try {
            files.forget();
        } catch (IOException e) {
            LOG.error("the cache in {} is not to be relied upon any more, delete the directory: {}", name,
                    e.getMessage());
        }
    }

    /** Gives back the space of chunks that are not ready, neither here nor on disk, and that nobody is reading. */
    private void punch() {
        ChunkBits durable = files.bitmap.durable();
        try {
            for (int word = 0; word < durable.wordCount(); word++) {
                long bits = files.allocated.word(word) & ~files.ready.word(word) & ~durable.word(word);
                for (; bits != 0; bits &= bits - 1) {
                    int chunk = word * ChunkBits.WORD_BITS + Long.numberOfTrailingZeros(bits);
                    synchronized (writeLock(chunk)) {
                        if (!files.ready.get(chunk) && !readers.isBusy(chunk)) {
                            files.pages.punch(chunk);
                            files.allocated.clear(chunk);
                            allocatedCount.decrementAndGet();
                        }
                    }
                }
            }
        } catch (IOException e) {
            health.writeFailed(e);
        }
    }

    /** Digests of a manifest are written: durable when this returns. */
    void persistDigests() throws IOException {
        synchronized (round) {
            try {
                files.digests.sync();
            } catch (IOException e) {
                syncFailed(e);
                throw e;
            }
        }
    }
}
