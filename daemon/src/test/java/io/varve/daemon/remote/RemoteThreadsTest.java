package io.varve.daemon.remote;

import static io.varve.daemon.remote.RemoteFixture.DISK;
import static io.varve.daemon.remote.RemoteFixture.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SourceRange;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads read, load and evict at once, from an origin that fails now and then: each byte is the right one. */
@Timeout(300)
class RemoteThreadsTest {

    private static final int THREADS = 8;
    private static final int STEPS = 400;
    private static final int MAX_LENGTH = 20 * Chunks.CHUNK_SIZE;
    /** The disk has 281 chunks, so that most of what is here is on its way out. */
    private static final int CACHE_CHUNKS = 36;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldReadTheRightBytes(long seed) throws Exception {
        RemoteLimits limits = new RemoteLimits(RemoteLimits.DEFAULT.waitNs(), 1_000_000, 2);
        RemoteFixture test = new RemoteFixture(new NativeFileSpace(), directory.resolve("disk"), CACHE_CHUNKS, limits);
        Random failures = new Random(seed);
        test.origin.script(read -> {
            synchronized (failures) {
                if (failures.nextInt(10) == 0) {
                    throw PatternOrigin.failure(Kind.UNAVAILABLE);
                }
            }
        });
        test.origin.lie((read, bytes, index) -> {
            if (read.number() > 200 && read.number() % 17 == 0) {
                bytes.putByte(index + read.length() / 2, (byte) (bytes.getByte(index + read.length() / 2) + 1));
            }
        });
        for (int position = 0; position < DISK.size(); position += Chunks.CHUNK_SIZE) {
            readUntilItWorks(test, position);
        }
        AtomicBoolean over = new AtomicBoolean();
        Future<Void> upkeep = test.start(() -> {
            while (!over.get()) {
                test.source.upkeep();
            }
            return null;
        });
        List<Future<Void>> workers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(seed * THREADS + i);
            workers.add(test.start(() -> work(test, random)));
        }
        for (Future<Void> worker : workers) {
            assertThat(failureOf(worker)).as("seed " + seed).isNull();
        }
        over.set(true);
        assertThat(failureOf(upkeep)).isNull();
        assertThat(test.counters.cache().bad()).isZero();
        assertThat(test.counters.cache().failures()).isZero();
        assertThat(test.counters.cache().evicted()).isGreaterThan(100);
        assertThat(test.counters.cache().wrong()).isPositive();
        assertThat(test.counters.hits()).isPositive();
        assertThat(test.counters.aheadChunks()).isPositive();
        test.close();
    }

    /** The digests of all chunks are noted, so that a lie is found out from now on. */
    private static void readUntilItWorks(RemoteFixture test, int position) {
        while (true) {
            try {
                test.read(position, 4096);
                return;
            } catch (IOException e) {
                assertThat(e).isInstanceOf(OriginException.class);
            }
        }
    }

    private static Void work(RemoteFixture test, Random random) {
        UnsafeBuffer buffer = Buffers.alignedDirect(MAX_LENGTH);
        long end = Pages.offset(Pages.count(DISK.size()));
        for (int step = 0; step < STEPS; step++) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 4096 : MAX_LENGTH);
            long position = (long) (random.nextDouble() * (end - length));
            try {
                int count = length;
                switch (random.nextInt(8)) {
                    case 0 -> {
                        test.source.prefetch(
                                List.of(new SourceRange(position, length), new SourceRange(end - position, 9000)));
                        continue;
                    }
                    case 1, 2, 3, 4 -> count = test.source.readNow(position, buffer, 0, length);
                    default -> test.source.read(position, buffer, 0, length);
                }
                if (count != BlockSource.WOULD_BLOCK) {
                    DISK.require(position, buffer, 0, count);
                }
            } catch (IOException e) {
                assertThat(e).isInstanceOf(OriginException.class);
            }
        }
        return null;
    }
}
