package io.varve.it.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.remote.ContentCheck;
import io.varve.daemon.remote.Mirrors;
import io.varve.daemon.remote.NbdOrigin;
import io.varve.daemon.remote.Origin;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.daemon.remote.OriginTimeouts;
import io.varve.daemon.remote.Timing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks of nbdkit and qemu-nbd, in good health and with what nbdkit's filters do to them. */
@Timeout(120)
class NbdOriginIT {

    private static final long SIZE = 32 << 20;
    private static final long SEED = 7;
    private static final int MAX_LENGTH = 3 << 20;
    private static final OriginTimeouts HASTY = new OriginTimeouts(10_000, 500);

    @TempDir
    Path directory;

    /** nbdkit's pattern plugin: each eight bytes are their own offset, big-endian. */
    private static byte pattern(long offset) {
        return (byte) (offset >>> 8 * (7 - offset % 8) & (offset % 8 == 7 ? 0xf8 : 0xff));
    }

    private static void assertReads(Origin origin, long position, int length) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        origin.read(position, buffer, 0, length, Urgency.DEMAND);
        for (int i = 0; i < length; i++) {
            if (buffer.getByte(i) != pattern(position + i)) {
                throw new AssertionError("byte " + (position + i) + " of " + origin.name());
            }
        }
    }

    private static void assertReadsAnywhere(Origin origin, long seed, int count) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            int length = 1 + random.nextInt(i % 4 == 0 ? MAX_LENGTH : 10_000);
            long position = (long) (random.nextDouble() * (SIZE - length));
            try {
                assertReads(origin, position, length);
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertReads(origin, 0, 1);
        assertReads(origin, SIZE - 1, 1);
    }

    private NbdServerProcess pattern(String name, String... filters) throws IOException {
        List<String> arguments = new ArrayList<>();
        List<String> parameters = new ArrayList<>();
        for (String filter : filters) {
            (filter.startsWith("--") ? arguments : parameters).add(filter);
        }
        arguments.addAll(List.of("pattern", "size=" + SIZE));
        arguments.addAll(parameters);
        return NbdServerProcess.nbdkit(directory.resolve(name), arguments.toArray(String[]::new));
    }

    @Test
    void shouldReadAnyRangeFromManyThreads() throws Exception {
        try (NbdServerProcess server = pattern("s");
                NbdOrigin origin = NbdOrigin.open(server.uri(), OriginTimeouts.DEFAULT, 4)) {
            assertThat(origin.identity().size()).isEqualTo(SIZE);
            assertReadsFromManyThreads(origin);
        }
    }

    private static void assertReadsFromManyThreads(Origin origin) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                long seed = SEED + i;
                readers.add(() -> {
                    assertReadsAnywhere(origin, seed, 20);
                    return null;
                });
            }
            for (Future<Void> reader : threads.invokeAll(readers)) {
                reader.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void shouldKeepToTheBlockSizesThatTheServerInsistsOn() throws Exception {
        try (NbdServerProcess server = pattern("s", "--filter=blocksize-policy", "blocksize-error-policy=error",
                        "blocksize-minimum=512", "blocksize-preferred=4096", "blocksize-maximum=16384");
                NbdOrigin origin = NbdOrigin.open(server.uri(), OriginTimeouts.DEFAULT, 4)) {
            assertReadsAnywhere(origin, SEED, 50);
        }
    }

    @Test
    void shouldShareTheOnlyConnectionThatAServerTakes() throws Exception {
        Path raw = directory.resolve("raw");
        ByteBuffer content = ByteBuffer.allocate((int) SIZE).order(ByteOrder.BIG_ENDIAN);
        for (long offset = 0; offset < SIZE; offset += 8) {
            content.putLong(offset);
        }
        Files.write(raw, content.array());
        try (NbdServerProcess server = NbdServerProcess.qemu(directory.resolve("s"), raw);
                NbdOrigin origin = NbdOrigin.open(server.uri(), OriginTimeouts.DEFAULT, 4)) {
            assertReadsFromManyThreads(origin);
        }
    }

    @Test
    void shouldPassOnErrorsAndRecover() throws Exception {
        Path trigger = directory.resolve("trigger");
        try (NbdServerProcess server = pattern("s", "--filter=error", "error-pread-rate=100%",
                        "error-file=" + trigger);
                NbdOrigin origin = NbdOrigin.open(server.uri(), OriginTimeouts.DEFAULT, 4)) {
            assertReads(origin, 4096, 4096);
            Files.createFile(trigger);
            OriginException failure = catchThrowableOfType(
                    OriginException.class, () -> assertReads(origin, 4096, 1 << 20));
            assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(failure).hasMessageContaining("bytes 4096-1052671").hasMessageContaining("EIO");
            Files.delete(trigger);
            assertReads(origin, 4096, 1 << 20);
        }
    }

    @Test
    void shouldNotWaitForAServerThatIsTooSlow() throws Exception {
        try (NbdServerProcess server = pattern("s", "--filter=delay", "rdelay=100");
                NbdOrigin origin = NbdOrigin.open(server.uri(), HASTY, 4)) {
            OriginException failure = catchThrowableOfType(
                    OriginException.class, () -> assertReads(origin, 4096, 4096));
            assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(failure).hasMessageEndingWith("no whole answer in time");
        }
    }

    @Test
    void shouldFindAServerThatWasStartedAgainUnlessItsDiskIsAnother() throws Exception {
        NbdServerProcess server = pattern("s");
        try (NbdOrigin origin = NbdOrigin.open(server.uri(), OriginTimeouts.DEFAULT, 4)) {
            assertReads(origin, 0, 4096);
            server.close();
            assertThat(catchThrowable(() -> assertReads(origin, 0, 4096))).isInstanceOf(OriginException.class);
            server = pattern("s");
            assertReads(origin, 0, 4096);
            server.close();
            assertThat(catchThrowable(() -> assertReads(origin, 0, 4096))).isInstanceOf(OriginException.class);
            server = NbdServerProcess.nbdkit(directory.resolve("s"), "memory", "size=1M");
            OriginException failure = catchThrowableOfType(
                    OriginException.class, () -> assertReads(origin, 0, 4096));
            assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
        } finally {
            server.close();
        }
    }

    @Test
    void shouldReadOnFromAnotherMirrorWhenOneIsKilled() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        NbdServerProcess first = pattern("first");
        try (NbdServerProcess second = pattern("second");
                Mirrors mirrors = new Mirrors(
                        List.of(NbdOrigin.open(first.uri(), OriginTimeouts.DEFAULT, 4),
                                NbdOrigin.open(second.uri(), OriginTimeouts.DEFAULT, 4)),
                        ContentCheck.NONE, Timing.SYSTEM, new Random(SEED), threads)) {
            assertReadsAnywhere(mirrors, SEED, 20);
            first.close();
            assertReadsAnywhere(mirrors, SEED + 1, 50);
            assertThat(mirrors.counts().get(1).requests()).isGreaterThanOrEqualTo(50);
        } finally {
            first.close();
            threads.shutdownNow();
        }
    }
}
