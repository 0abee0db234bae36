package io.varve.daemon.disk;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.MemoryPool;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.ExportInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A disk over fake layers and an overlay on a simulated file system, whose worker tasks run when, and in the order
 * in which, the test says so.
 */
final class DiskFixture implements AutoCloseable {

    final TestOwner owner = new TestOwner();
    final Counters counters = Counters.anonymous();
    final SimFileSpace files = new SimFileSpace();
    final List<Runnable> demand = new ArrayList<>();
    final List<Runnable> background = new ArrayList<>();
    final List<String> bootReads = new ArrayList<>();
    final FakeLayers layers;
    final DiskCore core;
    final Disk disk;
    final Overlay overlay;
    private final Workers overlayWorkers = new Workers(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    DiskFixture(FakeLayers layers, long size) throws IOException {
        this(layers, size, true);
    }

    DiskFixture(FakeLayers layers, long size, boolean writable) throws IOException {
        this(layers, size, writable, null);
    }

    /** @param pool null for an overlay whose pages are all in a file */
    DiskFixture(FakeLayers layers, long size, boolean writable, MemoryPool pool) throws IOException {
        this.layers = layers;
        final Path directory = Path.of("/overlay");
        if (!writable) {
            this.overlay = null;
        } else if (pool == null) {
            this.overlay = Overlay.createEphemeral(files, directory, size, overlayWorkers);
        } else {
            this.overlay = Overlay.createInMemory(files, directory, size, pool, overlayWorkers);
        }
        final DiskParts parts = new DiskParts(info(size), 7, layers.snapshot(), overlay, loader -> new BootSpy());
        this.core = new DiskCore(parts, demand::add, background::add, counters, closed::countDown);
        this.disk = core.connect();
        disk.attach(owner);
    }

    static ExportInfo info(long size) {
        return new ExportInfo(
                "image@client",
                "",
                size,
                EnumSet.of(ExportInfo.Feature.FLUSH, ExportInfo.Feature.FUA, ExportInfo.Feature.WRITE_ZEROES),
                4096,
                DiskContext.names());
    }

    TestReply read(long offset, int length) {
        final TestReply reply = new TestReply(length);
        disk.read(offset, length, 0, reply);
        return reply;
    }

    /** The payload is spoiled when the call returns, as a receive buffer is. */
    TestReply write(long offset, byte[] bytes, int flags) {
        final TestReply reply = new TestReply(0);
        final UnsafeBuffer payload = Buffers.alignedDirect(bytes.length + 5);
        payload.putBytes(5, bytes);
        disk.write(offset, bytes.length, flags, payload, 5, reply);
        payload.setMemory(0, payload.capacity(), (byte) 0x5A);
        return reply;
    }

    TestReply zeroes(long offset, long length, int flags) {
        final TestReply reply = new TestReply(0);
        disk.writeZeroes(offset, length, flags, reply);
        return reply;
    }

    TestReply trim(long offset, long length) {
        final TestReply reply = new TestReply(0);
        disk.trim(offset, length, 0, reply);
        return reply;
    }

    TestReply flush() {
        final TestReply reply = new TestReply(0);
        disk.flush(reply);
        return reply;
    }

    /** Runs one waiting worker task, any. */
    void runOneTask(Random random) {
        demand.remove(random.nextInt(demand.size())).run();
    }

    /** Runs everything that waits, until nothing does. */
    void settle() {
        do {
            while (!demand.isEmpty()) {
                demand.remove(0).run();
            }
        } while (owner.drain() > 0 || !demand.isEmpty());
    }

    long count(Counter counter) {
        return core.statistics().get(counter);
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    void awaitClosed() throws InterruptedException {
        settle();
        if (!closed.await(30, TimeUnit.SECONDS)) {
            throw new AssertionError("the disk was not closed");
        }
    }

    @Override
    public void close() {
        overlayWorkers.close();
    }

    private final class BootSpy implements BootTracker {

        @Override
        public void onRead(long pageIndex, int pageCount, long nowNs) {
            bootReads.add(pageIndex + "+" + pageCount + "@" + nowNs);
        }

        @Override
        public Activity activity() {
            return Activity.RECORDING;
        }

        @Override
        public BootCounters counters() {
            return BootCounters.ZERO;
        }

        @Override
        public void close() {
            bootReads.add("closed");
        }
    }
}
