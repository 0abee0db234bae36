package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients of one disk, real workers, a real overlay that is kept: every client owns a piece of each page and finds
 * in it what it wrote last, whatever the others do to the rest of the page, and so does whoever opens the overlay
 * again.
 */
class DiskThreadsTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 200;
    private static final int CLIENTS = 8;
    private static final int PIECE = PAGE / CLIENTS;
    private static final int ROUNDS = 400;
    private static final long SEED = 20260101;

    @TempDir
    Path directory;

    private final TestOwner owner = new TestOwner();
    private final Random random = new Random(SEED);
    private final FakeLayers layers = FakeLayers.random(PAGES, random);
    private final OverlayMeta meta =
            new OverlayMeta(UUID.randomUUID(), "image", "latest", List.of(), PAGES * PAGE, "client", 0);
    private Disk disk;

    @Test
    void shouldKeepTheClientsOfAPageApart() throws Exception {
        final byte[] expected = layers.content().clone();
        layers.residency(length -> random.nextInt(3) == 0 ? 0 : length);
        try (Workers workers = new Workers(3)) {
            CountDownLatch closed = open(workers);
            final List<Client> clients = IntStream.range(0, CLIENTS)
                    .mapToObj(index -> new Client(index, expected))
                    .toList();
            for (int i = 0; clients.stream().anyMatch(client -> client.rounds < ROUNDS); i++) {
                clients.forEach(Client::proceed);
                owner.drain();
                if (i % 64 == 0) {
                    final TestReply flush = new TestReply(0);
                    disk.flush(flush);
                    owner.runUntil(flush::done);
                }
            }
            clients.forEach(client -> owner.runUntil(() -> client.pending == null || client.pending.done()));
            disk.close();
            awaitClosed(closed);
            closed = open(workers);
            final TestReply all = new TestReply(PAGES * PAGE);
            disk.read(0, PAGES * PAGE, 0, all);
            owner.runUntil(all::done);
            assertThat(Arrays.mismatch(all.payload(), expected)).as("seed %d", SEED).isEqualTo(-1);
            disk.close();
            awaitClosed(closed);
        }
    }

    private CountDownLatch open(Workers workers) throws IOException {
        final CountDownLatch closed = new CountDownLatch(1);
        final Overlay overlay =
                Overlay.openPersistent(
                        new NativeFileSpace(), directory.resolve("overlay"), meta, workers, new ClosedOverlays());
        final DiskParts parts = new DiskParts(
                DiskFixture.info(PAGES * PAGE), 1, layers.snapshot(), overlay, loader -> BootTracker.NONE);
        disk = new DiskCore(parts, workers, Counters.anonymous(), closed::countDown).connect();
        disk.attach(owner);
        return closed;
    }

    private static void awaitClosed(CountDownLatch closed) throws InterruptedException {
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    /** Writes or zeroes one of its pieces and reads it back, one request at a time. */
    private final class Client {

        private final int first;
        private final byte[] expected;
        private TestReply pending;
        private boolean reading;
        private int offset;
        private int rounds;

        Client(int index, byte[] expected) {
            this.first = index * PIECE;
            this.expected = expected;
        }

        void proceed() {
            if (pending != null && !pending.done()) {
                return;
            }
            if (pending != null) {
                assertThat(pending.error()).isNull();
            }
            if (reading) {
                final byte[] wanted = Arrays.copyOfRange(expected, offset, offset + PIECE);
                assertThat(pending.payload()).as("seed %d, round %d, byte %d", SEED, rounds, offset).isEqualTo(wanted);
            }
            if (reading || pending == null) {
                change();
            } else {
                reading = true;
                pending = new TestReply(PIECE);
                disk.read(offset, PIECE, 0, pending);
            }
        }

        private void change() {
            reading = false;
            rounds++;
            offset = random.nextInt(PAGES) * PAGE + first;
            final byte[] bytes = new byte[PIECE];
            final int flags = random.nextInt(50) == 0 ? NbdProtocol.CMD_FLAG_FUA : 0;
            pending = new TestReply(0);
            if (random.nextInt(4) == 0) {
                disk.writeZeroes(offset, PIECE, flags, pending);
            } else {
                random.nextBytes(bytes);
                final UnsafeBuffer payload = Buffers.alignedDirect(PIECE);
                payload.putBytes(0, bytes);
                disk.write(offset, PIECE, flags, payload, 0, pending);
                payload.setMemory(0, PIECE, (byte) 1);
            }
            System.arraycopy(bytes, 0, expected, offset, PIECE);
        }
    }
}
