package io.varve.daemon.remote;

import io.varve.daemon.cache.CacheLimits;
import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.cache.DiskPattern;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;

/** A remote source in front of a fake origin, and threads that read it. */
final class RemoteFixture implements AutoCloseable {

    /** Longer than one fetch for a client may be; the last chunk is short. */
    static final DiskPattern DISK = new DiskPattern(280 * Chunks.CHUNK_SIZE + 5000);
    static final int LAST = DISK.chunkCount() - 1;
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);

    final PatternOrigin origin = new PatternOrigin(DISK);
    final RemoteCounters counters = new RemoteCounters();
    final FetchBuffers buffers = new FetchBuffers();
    final ChunkCache cache;
    final RemoteSource source;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    RemoteFixture(FileSpace space, Path directory, int cacheChunks, RemoteLimits limits) throws IOException {
        cache = ChunkCache.open(space, directory, DISK.size(), origin.name(),
                CacheLimits.ofBytes(cacheChunks * (long) Chunks.CHUNK_SIZE), counters.cache());
        source = new RemoteSource(origin, cache, buffers, counters, limits, Runnable::run);
    }

    /** Reads, and checks every byte. */
    void read(long position, int length) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(length);
        source.read(position, buffer, 0, length);
        DISK.require(position, buffer, 0, length);
    }

    void readChunk(int chunk) throws IOException {
        read(Chunks.position(chunk), Chunks.CHUNK_SIZE);
    }

    <T> Future<T> start(Callable<T> task) {
        return threads.submit(task);
    }

    Future<Void> startReading(int chunk) {
        return start(() -> {
            readChunk(chunk);
            return null;
        });
    }

    List<Future<Void>> startReading(int chunk, int count) {
        List<Future<Void>> readers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            readers.add(startReading(chunk));
        }
        return readers;
    }

    Future<Void> startLoading(int firstChunk, int count) {
        return start(() -> {
            load(firstChunk, count);
            return null;
        });
    }

    void load(int firstChunk, int count) throws IOException {
        source.prefetch(List.of(chunks(firstChunk, count)));
    }

    static SourceRange chunks(int first, int count) {
        return new SourceRange(Chunks.position(first), (long) count * Chunks.CHUNK_SIZE);
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never: " + what);
            }
            Thread.yield();
        }
    }

    void awaitReads(int count) {
        await(count + " reads of the origin", () -> origin.reads().size() >= count);
    }

    void awaitJoined(int count) {
        await(count + " readers that wait", () -> counters.joined() >= count);
    }

    /** @return what it failed with; null if it did not */
    static Throwable failureOf(Future<?> task) throws Exception {
        try {
            task.get(DEADLINE_NS, TimeUnit.NANOSECONDS);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Override
    public void close() throws IOException {
        source.close();
        threads.shutdown();
    }
}
