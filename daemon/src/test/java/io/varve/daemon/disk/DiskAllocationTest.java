package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.MemoryPool;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The warm path costs no memory, with a real file below the overlay, and with the overlay in memory. */
class DiskAllocationTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1024;
    private static final long SIZE = (long) PAGES * PAGE;
    private static final int REQUESTS = 100_000;
    /** Room for what the JVM itself does now and then; one object per request would be sixteen times as much. */
    private static final long ALLOWED_BYTES = REQUESTS;

    @TempDir
    Path directory;

    private final Workers workers = new Workers(1);
    private final FakeLayers layers = new FakeLayers(PAGES, new Random(1)).blob(PAGES).data(0, PAGES / 2, 0, 0);
    private final CountingReply reply = new CountingReply();
    private final UnsafeBuffer payload = Buffers.alignedDirect(2 * PAGE);
    private Disk disk;

    @BeforeEach
    void open() throws IOException {
        open(Overlay.createEphemeral(new NativeFileSpace(), directory.resolve("overlay"), SIZE, workers));
    }

    private void open(Overlay overlay) {
        final DiskParts parts =
                new DiskParts(DiskFixture.info(SIZE), 1, layers.snapshot(), overlay, loader -> BootTracker.NONE);
        disk = new DiskCore(parts, workers, Counters.anonymous(), () -> { }).connect();
        disk.attach(new TestOwner());
    }

    @AfterEach
    void close() {
        if (disk != null) {
            disk.close();
        }
        workers.close();
    }

    @Test
    void shouldReadWithoutAllocation() {
        for (int page = 0; page < PAGES; page += 8) {
            disk.write(page * (long) PAGE, PAGE, 0, payload, 0, reply);
        }
        assertThat(allocatedBy(this::read)).isLessThan(ALLOWED_BYTES);
    }

    @Test
    void shouldWriteWithoutAllocation() {
        assertThat(allocatedBy(this::write)).isLessThan(ALLOWED_BYTES);
    }

    @Test
    void shouldWritePartsOfPagesWithoutAllocation() {
        assertThat(allocatedBy(this::writePart)).isLessThan(ALLOWED_BYTES);
    }

    /** A slab comes and goes with every round, because each round zeroes all that it wrote. */
    @Test
    void shouldUseMemoryWithoutAllocation() throws IOException {
        disk.close();
        Workers memoryWorkers = new Workers(1);
        try (MemoryPool pool = new MemoryPool(4 << 20)) {
            open(Overlay.createInMemory(new NativeFileSpace(), directory.resolve("memory"), SIZE, pool,
                    memoryWorkers));
            assertThat(allocatedBy(this::write)).isLessThan(ALLOWED_BYTES);
            assertThat(allocatedBy(this::writePart)).isLessThan(ALLOWED_BYTES);
            assertThat(allocatedBy(this::read)).isLessThan(ALLOWED_BYTES);
            assertThat(allocatedBy(this::writeAndZero)).isLessThan(ALLOWED_BYTES);
            disk.close();
            memoryWorkers.close();
            assertThat(pool.takenLength()).isZero();
            disk = null;
        }
    }

    private void writeAndZero(int i) {
        if ((i & 1) == 0) {
            write(i / 2);
        } else {
            disk.writeZeroes((i / 2 * 37L & (PAGES / 2 - 1)) * PAGE, 2 * PAGE, 0, reply);
        }
    }

    private void read(int i) {
        disk.read((i * 37L & (PAGES / 2 - 1)) * PAGE + (i & 3) * 512, 3 * PAGE, 0, reply);
    }

    private void write(int i) {
        disk.write((i * 37L & (PAGES / 2 - 1)) * PAGE, 2 * PAGE, 0, payload, 0, reply);
    }

    private void writePart(int i) {
        disk.write((i * 37L & (PAGES - 1)) * PAGE + 512, 1024, 0, payload, 0, reply);
    }

    private interface Request {
        void send(int i);
    }

    private long allocatedBy(Request request) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        send(request, 4 * PAGES);
        final long before = threads.getThreadAllocatedBytes(thread);
        final long completedBefore = reply.completed;
        send(request, REQUESTS);
        final long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertThat(reply.completed - completedBefore).isEqualTo(REQUESTS);
        return allocated;
    }

    private static void send(Request request, int count) {
        for (int i = 0; i < count; i++) {
            request.send(i);
        }
    }

    /** One slot, over and over. */
    private static final class CountingReply implements Reply {

        private final UnsafeBuffer buffer = Buffers.alignedDirect(4 * PAGE);
        private long completed;

        @Override
        public MutableDirectBuffer buffer() {
            return buffer;
        }

        @Override
        public int bufferIndex() {
            return 20;
        }

        @Override
        public void park() {
            throw new AssertionError("everything is in memory");
        }

        @Override
        public DirectBuffer parkWithPayload(DirectBuffer parked, int index, int length) {
            throw new AssertionError("everything is in memory");
        }

        @Override
        public void complete() {
            completed++;
        }

        @Override
        public void completeZeroes() {
            completed++;
        }

        @Override
        public void fail(NbdError error) {
            throw new AssertionError(error);
        }
    }
}
