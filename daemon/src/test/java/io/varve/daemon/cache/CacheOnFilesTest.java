package io.varve.daemon.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache in files of the operating system. */
class CacheOnFilesTest {

    private static final DiskPattern DISK = new DiskPattern(40 * Chunks.CHUNK_SIZE + 12_345);
    private static final int READS = 20_000;

    @TempDir
    Path directory;

    private final UnsafeBuffer buffer = Buffers.alignedDirect(Chunks.CHUNK_SIZE);

    private ChunkCache open(int maxChunks) throws IOException {
        return ChunkCache.open(new NativeFileSpace(), directory.resolve("disk"), DISK.size(), "x",
                CacheLimits.ofBytes(maxChunks * (long) Chunks.CHUNK_SIZE), new CacheCounters());
    }

    private static void put(ChunkCache cache, int chunk) throws IOException {
        assertThat(TestCache.put(cache, chunk, DISK.chunk(chunk))).isTrue();
    }

    @Test
    void shouldReadTheWholeDiskAfterARestart() throws IOException {
        try (ChunkCache cache = open(100)) {
            for (int chunk = 0; chunk < DISK.chunkCount(); chunk++) {
                put(cache, chunk);
            }
        }
        try (ChunkCache cache = open(100)) {
            for (int chunk = 0; chunk < DISK.chunkCount(); chunk++) {
                int length = Chunks.length(chunk, DISK.size());
                assertThat(cache.read(Chunks.position(chunk), buffer, 0, length)).isTrue();
                DISK.require(Chunks.position(chunk), buffer, 0, length);
            }
        }
    }

    @Test
    void shouldGiveSpaceBack() throws IOException {
        try (ChunkCache cache = open(8)) {
            for (int chunk = 0; chunk < DISK.chunkCount(); chunk++) {
                put(cache, chunk);
                cache.upkeep();
            }
        }
        long allocated = 0;
        try (BlockFile data = new NativeFileSpace().open(directory.resolve("disk/data"), OpenMode.READ)) {
            for (long at = data.nextData(0); at < data.size(); at = data.nextData(data.nextHole(at))) {
                allocated += data.nextHole(at) - at;
            }
        }
        assertThat(allocated).isPositive().isLessThanOrEqualTo(8L * Chunks.CHUNK_SIZE);
    }

    @Test
    void shouldReadWithoutAllocation() throws IOException {
        try (ChunkCache cache = open(100)) {
            put(cache, 0);
            put(cache, 1);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long thread = Thread.currentThread().getId();
            readMany(cache, 1000);
            long before = threads.getThreadAllocatedBytes(thread);
            long found = readMany(cache, READS);
            assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(READS);
            assertThat(found).isGreaterThan(READS);
        }
    }

    /** Whole pages, parts of pages, and what is not there. */
    private long readMany(ChunkCache cache, int count) throws IOException {
        long found = 0;
        for (int i = 0; i < count; i++) {
            found += cache.readNow(i % 31 * 4096, buffer, 0, 4096);
            found += cache.readNow(i % 31 * 4096 + 512, buffer, 0, 6000);
            found += cache.readNow(Chunks.position(5), buffer, 0, 4096);
        }
        return found;
    }
}
