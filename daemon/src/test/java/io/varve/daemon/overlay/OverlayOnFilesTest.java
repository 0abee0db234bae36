package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Workers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same overlay on real files, with real workers and locks. */
class OverlayOnFilesTest {

    private static final int PAGES = 4096;

    @TempDir
    private Path directory;
    private final NativeFileSpace files = new NativeFileSpace();
    private final Workers workers = new Workers(2);
    private final LinkedBlockingQueue<Runnable> agent = new LinkedBlockingQueue<>();

    @AfterEach
    void closeWorkers() {
        workers.close();
    }

    private static OverlayMeta meta() {
        return new OverlayMeta(new UUID(1, 1), "debian", "12", List.of("base"), Pages.offset(PAGES), "bob", 1);
    }

    private Overlay open() throws IOException {
        Overlay overlay = Overlay.openPersistent(files, directory.resolve("o"), meta(), workers, new ClosedOverlays());
        overlay.attach(agent::add);
        return overlay;
    }

    private void commit(Overlay overlay) throws InterruptedException {
        boolean[] answered = new boolean[1];
        overlay.commit(failure -> {
            assertThat(failure).isNull();
            answered[0] = true;
        });
        while (!answered[0]) {
            Runnable task = agent.poll(30, TimeUnit.SECONDS);
            assertThat(task).as("the worker answers").isNotNull();
            task.run();
        }
    }

    private static void close(Overlay overlay) throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        overlay.close(closed::countDown);
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(overlay.failure()).isNull();
    }

    @Test
    void shouldReadBackWhatWasWrittenBeforeItWasClosed() throws Exception {
        Random random = new Random(3);
        byte[] expected = new byte[(int) Pages.offset(PAGES)];
        boolean[] present = new boolean[PAGES];
        Overlay overlay = open();
        UnsafeBuffer buffer = Buffers.alignedDirect(1 << 20);
        for (int step = 0; step < 300; step++) {
            int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 256 : 8);
            int page = random.nextInt(PAGES - count);
            if (random.nextInt(5) == 0) {
                overlay.zeroPages(page, count);
                Arrays.fill(expected, page << 12, page + count << 12, (byte) 0);
            } else {
                buffer.setMemory(0, count << 12, (byte) step);
                overlay.writePages(page, count, buffer, 0);
                Arrays.fill(expected, page << 12, page + count << 12, (byte) step);
            }
            Arrays.fill(present, page, page + count, true);
            if (random.nextInt(4) == 0) {
                commit(overlay);
            }
        }
        close(overlay);
        Overlay again = open();
        for (int page = 0; page < PAGES; page++) {
            assertThat(again.state(page) != Overlay.ABSENT).isEqualTo(present[page]);
            buffer.setMemory(0, 4096, (byte) 0);
            if (again.state(page) == Overlay.PRESENT) {
                again.data().read(Pages.offset(page), buffer, 0, 4096);
            }
            assertThat(sameBytes(buffer, expected, page)).as("page %d", page).isTrue();
        }
        close(again);
    }

    private static boolean sameBytes(UnsafeBuffer buffer, byte[] expected, int page) {
        for (int i = 0; i < 4096; i++) {
            if (buffer.getByte(i) != expected[(page << 12) + i]) {
                return false;
            }
        }
        return true;
    }

    @Test
    void shouldBeOpenOnlyOnce() throws Exception {
        Overlay overlay = open();
        assertThatThrownBy(this::open).isInstanceOf(OverlayInUseException.class);
        assertThatThrownBy(() -> OverlayReader.open(files, directory.resolve("o")))
                .isInstanceOf(OverlayInUseException.class);
        assertThatThrownBy(() -> Overlay.delete(files, directory.resolve("o"), directory.resolve("t")))
                .isInstanceOf(OverlayInUseException.class);
        assertThat(OverlayReader.info(files, directory.resolve("o")).meta()).isEqualTo(meta());
        close(overlay);
        OverlayReader.open(files, directory.resolve("o")).close();
        Overlay.delete(files, directory.resolve("o"), directory.resolve("t"));
        assertThat(files.list(directory)).isEmpty();
    }

    @Test
    void shouldCostLittleUntilTheFirstCommit() throws Exception {
        Overlay overlay = open();
        try (var children = Files.list(directory.resolve("o"))) {
            long bytes = children.filter(file -> !file.endsWith("data"))
                    .mapToLong(file -> file.toFile().length()).sum();
            assertThat(bytes).isLessThan(256 << 10);
        }
        close(overlay);
    }

    @Test
    void shouldLeaveNothingOfAnEphemeralOverlay() throws Exception {
        Path place = directory.resolve("ephemeral/7");
        Overlay overlay = Overlay.createEphemeral(files, place, 10_000, workers);
        overlay.attach(agent::add);
        assertThat(overlay.pageCount()).isEqualTo(3);
        assertThat(Files.exists(place)).as("most clients write nothing").isFalse();
        UnsafeBuffer buffer = Buffers.alignedDirect(4096);
        buffer.setMemory(0, 4096, (byte) 5);
        overlay.writePages(2, 1, buffer, 0);
        overlay.zeroPages(0, 1);
        boolean[] answered = new boolean[1];
        overlay.commit(failure -> answered[0] = failure == null);
        assertThat(answered[0]).isTrue();
        assertThat(overlay.state(0)).isEqualTo(Overlay.ZERO);
        assertThat(overlay.state(1)).isEqualTo(Overlay.ABSENT);
        overlay.data().read(8192, buffer, 0, 4096);
        assertThat(buffer.getByte(4095)).isEqualTo((byte) 5);
        close(overlay);
        assertThat(Files.exists(place)).isFalse();
    }

    @Test
    void shouldFailTheWriteIfThereCanBeNoFile() throws Exception {
        Path obstacle = Files.writeString(directory.resolve("obstacle"), "a file, not a directory");
        Overlay overlay = Overlay.createEphemeral(files, obstacle.resolve("7"), 10_000, workers);
        overlay.attach(agent::add);
        UnsafeBuffer buffer = Buffers.alignedDirect(4096);
        assertThatThrownBy(() -> overlay.writePages(2, 1, buffer, 0)).isInstanceOf(IOException.class);
        assertThat(overlay.state(2)).isEqualTo(Overlay.ABSENT);
        assertThat(overlay.failure()).isNotNull();
        CountDownLatch closed = new CountDownLatch(1);
        overlay.close(closed::countDown);
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shouldAllocateNothingPerWrite() throws Exception {
        Overlay overlay = open();
        UnsafeBuffer buffer = Buffers.alignedDirect(4096);
        for (int page = 0; page < 64; page++) {
            overlay.writePages(page, 1, buffer, 0);
        }
        commit(overlay);
        int writes = 40_000;
        writeMany(overlay, buffer, writes);
        long before = allocatedBytes();
        writeMany(overlay, buffer, writes);
        assertThat(allocatedBytes() - before).as("bytes for %d writes", 2 * writes).isLessThan(writes);
        close(overlay);
    }

    private static void writeMany(Overlay overlay, UnsafeBuffer buffer, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            overlay.overwrite((i & 63) << 12 | 512, 1024, buffer, 0);
            overlay.writePages(i & 63, 1, buffer, 0);
        }
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
