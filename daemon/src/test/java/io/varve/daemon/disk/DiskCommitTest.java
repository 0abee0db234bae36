package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FLUSH and FUA over an overlay that is kept, on real files. */
class DiskCommitTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 256 * PAGE;
    private static final OverlayMeta META =
            new OverlayMeta(UUID.randomUUID(), "image", "latest", List.of(), SIZE, "client", 0);

    @TempDir
    Path directory;

    private final TestOwner owner = new TestOwner();
    private final Workers workers = new Workers(2);
    private final Counters counters = Counters.anonymous();
    private final CountDownLatch closed = new CountDownLatch(1);
    private SyncWatch files;
    private DiskCore core;
    private Disk disk;

    @BeforeEach
    void open() throws IOException {
        files = new SyncWatch(new NativeFileSpace());
        final Overlay overlay = Overlay.openPersistent(
                files, directory.resolve("overlay"), META, workers, new ClosedOverlays());
        final FakeLayers layers = new FakeLayers(256, new Random(1)).blob(256).data(0, 256, 0, 0);
        core = new DiskCore(
                new DiskParts(DiskFixture.info(SIZE), 1, layers.snapshot(), overlay, loader -> BootTracker.NONE),
                workers,
                counters,
                closed::countDown);
        disk = core.connect();
        disk.attach(owner);
        files.forget();
    }

    @AfterEach
    void close() {
        workers.close();
    }

    @Test
    void shouldSyncBeforeAFlushIsAnswered() {
        final TestReply write = write(PAGE, 2 * PAGE, 0);
        assertThat(write.done()).isTrue();
        assertThat(files.syncCount()).isZero();
        files.holdSyncs();
        final TestReply flush = flush();
        owner.drain();
        assertThat(flush.done()).isFalse();
        assertThat(flush.parked()).isTrue();
        files.releaseSyncs();
        owner.runUntil(flush::done);
        assertThat(flush.error()).isNull();
        assertThat(files.syncCount()).isPositive();
        assertThat(core.statistics().get(Counter.FLUSHES)).isEqualTo(1);
    }

    @Test
    void shouldSyncBeforeAWriteWithFuaIsAnswered() {
        final int fua = NbdProtocol.CMD_FLAG_FUA;
        final List<Supplier<TestReply>> requests = List.of(
                () -> write(100, 50, fua), () -> zeroes(PAGE, 4 * PAGE, fua), () -> trim(8 * PAGE, PAGE, fua));
        for (final Supplier<TestReply> request : requests) {
            files.forget();
            files.holdSyncs();
            final TestReply reply = request.get();
            assertThat(reply.done()).isFalse();
            assertThat(reply.parked()).isTrue();
            files.releaseSyncs();
            owner.runUntil(reply::done);
            assertThat(reply.error()).isNull();
            assertThat(files.syncCount()).isPositive();
        }
    }

    @Test
    void shouldCommitManyWaitersTogether() {
        final TestReply first = flush();
        owner.runUntil(first::done);
        files.forget();
        files.holdSyncs();
        final TestReply[] replies = new TestReply[20];
        for (int i = 0; i < replies.length; i++) {
            replies[i] = write(i * PAGE, PAGE, NbdProtocol.CMD_FLAG_FUA);
        }
        files.releaseSyncs();
        for (final TestReply reply : replies) {
            owner.runUntil(reply::done);
        }
        assertThat(files.syncCount()).isLessThan(10);
    }

    @Test
    void shouldRefuseEverythingThatWritesAfterAFailedSync() {
        write(0, PAGE, 0);
        files.failSyncs();
        final TestReply flush = flush();
        owner.runUntil(flush::done);
        assertThat(flush.error()).isEqualTo(NbdError.EIO);
        assertThat(core.overlayFailure()).isNotNull();
        files.forget();
        assertThat(write(0, PAGE, 0).error()).isEqualTo(NbdError.EIO);
        assertThat(zeroes(0, PAGE, 0).error()).isEqualTo(NbdError.EIO);
        assertThat(trim(0, PAGE, 0).error()).isEqualTo(NbdError.EIO);
        final TestReply again = flush();
        owner.runUntil(again::done);
        assertThat(again.error()).isEqualTo(NbdError.EIO);
        assertThat(core.statistics().get(Counter.ERRORS_IO)).isEqualTo(5);
        final TestReply read = new TestReply(PAGE);
        disk.read(0, PAGE, 0, read);
        owner.runUntil(read::done);
        assertThat(read.error()).as("reads go on").isNull();
    }

    @Test
    void shouldKeepWhatWasWrittenWhenTheLastConnectionCloses() throws Exception {
        final Disk second = core.connect();
        write(5 * PAGE, PAGE, 0);
        second.close();
        assertThat(closed.getCount()).isEqualTo(1);
        assertThat(core.connectionCount()).isEqualTo(1);
        disk.close();
        assertThat(core.connect()).isNull();
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
        final Overlay again = Overlay.openPersistent(
                files, directory.resolve("overlay"), META, workers, new ClosedOverlays());
        assertThat(again.state(5)).isEqualTo(Overlay.PRESENT);
        assertThat(again.state(4)).isEqualTo(Overlay.ABSENT);
        again.close(() -> { });
        assertThat(counters.get(Counter.WRITES).get()).isEqualTo(1);
        assertThat(counters.get(Counter.DISKS_OPENED).get()).isEqualTo(1);
        assertThat(counters.get(Counter.DISKS_CLOSED).get()).isEqualTo(1);
    }

    private TestReply write(long offset, int length, int flags) {
        final TestReply reply = new TestReply(0);
        final UnsafeBuffer payload = Buffers.alignedDirect(length);
        payload.setMemory(0, length, (byte) offset);
        disk.write(offset, length, flags, payload, 0, reply);
        return reply;
    }

    private TestReply zeroes(long offset, long length, int flags) {
        final TestReply reply = new TestReply(0);
        disk.writeZeroes(offset, length, flags, reply);
        return reply;
    }

    private TestReply trim(long offset, long length, int flags) {
        final TestReply reply = new TestReply(0);
        disk.trim(offset, length, flags, reply);
        return reply;
    }

    private TestReply flush() {
        final TestReply reply = new TestReply(0);
        disk.flush(reply);
        return reply;
    }
}
