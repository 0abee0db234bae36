package io.varve.daemon.cache;

import io.varve.daemon.io.ChunkHasher;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How chunks come into a cache: hashed, compared with what they must be, and those that lie side by side written
 * together, because four calls for each small chunk would cost more than its bytes do.
 *
 * <p>Thread-safe because chunks are written under their lock, and scratch memory is per thread.
 */
final class ChunkIntake {

    private static final int MAX_CHUNKS = ChunkPages.MAX_WRITE_CHUNKS;

    /** Of one thread: what the chunks of one lock are, and what they must be. */
    private static final class Scratch {
        private final ChunkHasher hasher = new ChunkHasher();
        private final UnsafeBuffer found = new UnsafeBuffer(new byte[MAX_CHUNKS * Sha256.LENGTH]);
        private final UnsafeBuffer known = new UnsafeBuffer(new byte[MAX_CHUNKS * Sha256.LENGTH]);
        private final int[] kinds = new int[MAX_CHUNKS];
    }

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final String name;
    private final CacheHealth health;
    private final CacheCounters counters;
    private final CacheFiles files;
    private final CacheUpkeep upkeep;

    ChunkIntake(String name, CacheHealth health, CacheCounters counters, CacheFiles files, CacheUpkeep upkeep) {
        this.name = name;
        this.health = health;
        this.counters = counters;
        this.files = files;
        this.upkeep = upkeep;
    }

    /** As {@link ChunkCache#put}. */
    List<WrongChunkException> put(int firstChunk, DirectBuffer buffer, int index, int length) {
        List<WrongChunkException> wrong = new ArrayList<>();
        int end = firstChunk + Chunks.count(length);
        for (int chunk = firstChunk; chunk < end; chunk = CacheUpkeep.lockEnd(chunk)) {
            int from = chunk - firstChunk << Chunks.CHUNK_SHIFT;
            int to = Math.min(length, CacheUpkeep.lockEnd(chunk) - firstChunk << Chunks.CHUNK_SHIFT);
            new Group(chunk, buffer, index + from, to - from).put(wrong);
        }
        return wrong;
    }

    /** Chunks that come together and have the same lock; each is a bit in masks, the first one the lowest. */
    private final class Group {

        private final int firstChunk;
        private final int count;
        private final DirectBuffer buffer;
        private final int index;
        private final int length;
        private final Scratch scratch = SCRATCH.get();

        Group(int firstChunk, DirectBuffer buffer, int index, int length) {
            this.firstChunk = firstChunk;
            this.count = Chunks.count(length);
            this.buffer = buffer;
            this.index = index;
            this.length = length;
        }

        void put(List<WrongChunkException> wrong) {
            hash();
            synchronized (upkeep.writeLock(firstChunk)) {
                Arrays.fill(scratch.kinds, 0, count, DigestFile.UNKNOWN);
                try {
                    files.digests.read(firstChunk, count, scratch.known, scratch.kinds);
                } catch (IOException e) {
                    // Nothing is known, then.
                    Arrays.fill(scratch.kinds, 0, count, DigestFile.UNKNOWN);
                }
                long take = 0;
                for (int i = 0; i < count; i++) {
                    if (isWrong(i)) {
                        counters.wrong.increment();
                        wrong.add(new WrongChunkException(
                                name, firstChunk + i, scratch.kinds[i] == DigestFile.NOTED));
                    } else if (!files.ready.get(firstChunk + i)) {
                        take |= 1L << i;
                    }
                }
                keep(take);
            }
        }

        private void hash() {
            int whole = length >>> Chunks.CHUNK_SHIFT;
            scratch.hasher.hash(buffer, index, Chunks.CHUNK_SIZE, whole, scratch.found, 0);
            if (whole < count) {
                int done = whole << Chunks.CHUNK_SHIFT;
                scratch.hasher.hash(buffer, index + done, length - done, 1, scratch.found, whole * Sha256.LENGTH);
            }
        }

        private boolean isWrong(int i) {
            int at = i * Sha256.LENGTH;
            return scratch.kinds[i] != DigestFile.UNKNOWN
                    && !Arrays.equals(scratch.found.byteArray(), at, at + Sha256.LENGTH,
                            scratch.known.byteArray(), at, at + Sha256.LENGTH);
        }

        private void keep(long wanted) {
            long take = 0;
            for (long left = wanted; left != 0; left &= left - 1) {
                if (health.isWritable() && upkeep.takeSpace(firstChunk + Long.numberOfTrailingZeros(left))) {
                    take |= Long.lowestOneBit(left);
                } else {
                    counters.declined.increment();
                }
            }
            long unknown = take;
            for (int i = 0; i < count; i++) {
                unknown &= scratch.kinds[i] == DigestFile.UNKNOWN ? -1L : ~(1L << i);
            }
            try {
                writeRuns(take, this::writePages);
                writeRuns(unknown, this::noteDigests);
            } catch (IOException e) {
                health.writeFailed(e);
                return;
            }
            for (long left = take; left != 0; left &= left - 1) {
                upkeep.arrived(firstChunk + Long.numberOfTrailingZeros(left));
            }
        }

        private void writePages(int from, int to) throws IOException {
            int at = from << Chunks.CHUNK_SHIFT;
            files.pages.write(
                    firstChunk + from, buffer, index + at, Math.min(length, to << Chunks.CHUNK_SHIFT) - at);
        }

        private void noteDigests(int from, int to) throws IOException {
            files.digests.write(
                    firstChunk + from, to - from, scratch.found, from * Sha256.LENGTH, DigestFile.NOTED);
        }
    }

    private interface RunWriter {
        void write(int from, int to) throws IOException;
    }

    private static void writeRuns(long mask, RunWriter writer) throws IOException {
        for (long left = mask; left != 0; ) {
            int from = Long.numberOfTrailingZeros(left);
            int to = from + Long.numberOfTrailingZeros(~(left >>> from));
            writer.write(from, to);
            left = to < Long.SIZE ? left >>> to << to : 0;
        }
    }
}
