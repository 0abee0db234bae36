package io.varve.daemon.cache;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A small cache on a simulated disk, and what its bytes must be. */
final class TestCache {

    static final Path DIRECTORY = Path.of("/store/cache/disk");
    static final String IDENTITY = "http://127.0.0.1/disk.raw \"tag\"";
    /** The last chunk has a page and a bit. */
    static final DiskPattern DISK = new DiskPattern(9 * Chunks.CHUNK_SIZE + Pages.PAGE_SIZE + 1001);
    static final int LAST = DISK.chunkCount() - 1;
    static final int BUDGET_CHUNKS = 5;
    static final CacheLimits LIMITS = new CacheLimits(BUDGET_CHUNKS * (long) Chunks.CHUNK_SIZE, 1000);
    private static final UnsafeBuffer[] CHUNKS = new UnsafeBuffer[LAST + 1];

    final SimFileSpace disk;
    final CacheCounters counters = new CacheCounters();
    final AtomicLong nowNs = new AtomicLong();
    ChunkCache cache;

    static {
        for (int chunk = 0; chunk <= LAST; chunk++) {
            CHUNKS[chunk] = DISK.chunk(chunk);
        }
    }

    private TestCache(SimFileSpace disk) throws IOException {
        this.disk = disk;
        reopen();
    }

    /** A disk on which the directory above the cache is durable. */
    static SimFileSpace freshDisk() throws IOException {
        SimFileSpace fresh = new SimFileSpace();
        fresh.createDirectories(DIRECTORY.getParent());
        for (Path path = DIRECTORY.getParent(); path != null; path = path.getParent()) {
            fresh.syncDirectory(path);
        }
        return fresh;
    }

    static TestCache on(SimFileSpace disk) throws IOException {
        return new TestCache(disk);
    }

    void reopen() throws IOException {
        cache = open(disk, LIMITS, counters, nowNs);
    }

    static ChunkCache open(FileSpace space, CacheLimits limits, CacheCounters counters, AtomicLong nowNs)
            throws IOException {
        return ChunkCache.open(space, DIRECTORY, new ReadyHeader(DISK.size(), IDENTITY), limits, counters,
                nowNs::get);
    }

    static UnsafeBuffer chunk(int chunk) {
        return CHUNKS[chunk];
    }

    /** @return whether it is here now */
    boolean put(int chunk) throws IOException {
        return put(cache, chunk, CHUNKS[chunk]);
    }

    /** @throws WrongChunkException if these are the wrong bytes */
    static boolean put(ChunkCache cache, int chunk, DirectBuffer bytes) throws WrongChunkException {
        List<WrongChunkException> wrong = cache.put(chunk, bytes, 0, bytes.capacity());
        if (!wrong.isEmpty()) {
            throw wrong.get(0);
        }
        return cache.isReady(chunk);
    }

    /** All at once. */
    void put(int first, int last) throws IOException {
        int length = (int) (Math.min(DISK.size(), Chunks.position(last + 1)) - Chunks.position(first));
        UnsafeBuffer bytes = Buffers.alignedDirect(length);
        DISK.fill(Chunks.position(first), bytes, 0, length);
        List<WrongChunkException> wrong = cache.put(first, bytes, 0, length);
        if (!wrong.isEmpty()) {
            throw wrong.get(0);
        }
    }

    /** @return false if it is not here; what is here has the right bytes */
    boolean readsRight(int chunk) throws IOException {
        int length = (int) Math.min(Chunks.CHUNK_SIZE,
                Pages.offset(Pages.count(DISK.size())) - Chunks.position(chunk));
        UnsafeBuffer buffer = Buffers.alignedDirect(Chunks.CHUNK_SIZE);
        if (!cache.read(Chunks.position(chunk), buffer, 0, length)) {
            return false;
        }
        if (new UnsafeBuffer(buffer, 0, CHUNKS[chunk].capacity()).compareTo(CHUNKS[chunk]) != 0
                || CHUNKS[chunk].capacity() < length) {
            DISK.require(Chunks.position(chunk), buffer, 0, length);
        }
        return true;
    }

    /** Whatever is ready is all there, and its digest is known. */
    void requireSound() throws IOException {
        if (readyCount() == 0) {
            return;
        }
        try (var digests = disk.open(DIRECTORY.resolve("digests"), FileSpace.OpenMode.READ)) {
            for (int chunk = 0; chunk <= LAST; chunk++) {
                if (!cache.isReady(chunk)) {
                    continue;
                }
                if (!readsRight(chunk)) {
                    throw new AssertionError("chunk " + chunk + " is ready and not there");
                }
                if (new DigestFile(digests).read(chunk, new byte[32]) == DigestFile.UNKNOWN) {
                    throw new AssertionError("the digest of chunk " + chunk + " is not known");
                }
            }
        }
    }

    int readyCount() {
        int count = 0;
        for (int chunk = 0; chunk <= LAST; chunk++) {
            count += cache.isReady(chunk) ? 1 : 0;
        }
        return count;
    }
}
