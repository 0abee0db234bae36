package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.shim.NativeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An overlay whose pages are in memory while there is some, and in a file then. */
class MemoryOverlayTest {

    private static final Path DIRECTORY = Path.of("/sim/ephemeral/1");
    private static final int SLAB = MemoryPool.SLAB_PAGES;
    private static final int PAGES = 5 * SLAB;

    private final SimFileSpace files = new SimFileSpace();
    private final MemoryPool pool = pool(2);
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(PAGES << Pages.PAGE_SHIFT);

    private static MemoryPool pool(int slabs) {
        try {
            return new MemoryPool((long) slabs * MemoryPool.SLAB_LENGTH);
        } catch (NativeException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws NativeException {
        pool.close();
    }

    private Overlay open() throws IOException {
        Overlay overlay = Overlay.ephemeral(files, DIRECTORY, Pages.offset(PAGES), pool, tasks::add);
        overlay.attach(tasks::add);
        return overlay;
    }

    private void settle() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private void write(Overlay overlay, int page, int count, int value) throws IOException {
        buffer.setMemory(0, count << Pages.PAGE_SHIFT, (byte) value);
        overlay.writePages(page, count, buffer, 0);
    }

    private int read(Overlay overlay, long page) throws IOException {
        BlockSource source = overlay.source(page);
        assertThat(source.readNow(Pages.offset(page), buffer, 0, Pages.PAGE_SIZE)).isEqualTo(Pages.PAGE_SIZE);
        for (int i = 1; i < Pages.PAGE_SIZE; i++) {
            if (buffer.getByte(i) != buffer.getByte(0)) {
                throw new AssertionError("page " + page + " is mixed at " + i);
            }
        }
        return buffer.getByte(0);
    }

    @Test
    void shouldUseMemoryFirstAndTheFileThen() throws IOException {
        Overlay overlay = open();
        write(overlay, 0, SLAB, 1);
        assertThat(files.allocatedPages()).isZero();
        assertThat(overlay.use().memoryLength()).isEqualTo(MemoryPool.SLAB_LENGTH);
        write(overlay, SLAB, 3 * SLAB, 2);
        assertThat(files.allocatedPages()).isEqualTo(2 * SLAB);
        assertThat(pool.takenLength()).isEqualTo(pool.length());
        assertThat(overlay.isInMemory(2 * SLAB - 1)).isTrue();
        assertThat(overlay.isInMemory(2 * SLAB)).isFalse();
        assertThat(overlay.runLength(SLAB, PAGES)).isEqualTo(SLAB);
        assertThat(overlay.runLength(2 * SLAB, PAGES)).isEqualTo(2 * SLAB);
        assertThat(read(overlay, 0)).isOne();
        assertThat(read(overlay, 4 * SLAB - 1)).isEqualTo(2);
        overlay.data().read(Pages.offset(SLAB), buffer, 0, 2 * SLAB << Pages.PAGE_SHIFT);
        assertThat(buffer.getByte((2 * SLAB << Pages.PAGE_SHIFT) - 1)).isEqualTo((byte) 2);
    }

    @Test
    void shouldGiveMemoryBackAsSoonAsPagesAreZero() throws IOException {
        Overlay overlay = open();
        write(overlay, 0, 3 * SLAB, 1);
        overlay.zeroPages(0, SLAB);
        assertThat(pool.takenLength()).as("one empty slab is kept").isEqualTo(2 * MemoryPool.SLAB_LENGTH);
        overlay.zeroPages(SLAB, SLAB);
        assertThat(pool.takenLength()).isEqualTo(MemoryPool.SLAB_LENGTH);
        overlay.zeroPages(2 * SLAB, 1);
        write(overlay, 2 * SLAB, 1, 3);
        assertThat(overlay.isInMemory(2 * SLAB)).as("room was there again").isTrue();
        assertThat(overlay.isInMemory(2 * SLAB + 1)).as("it stays where it is").isFalse();
        assertThat(read(overlay, 2 * SLAB)).isEqualTo(3);
        assertThat(read(overlay, 2 * SLAB + 1)).isOne();
    }

    @Test
    void shouldGiveAllBackWhenItIsClosedAndTouchNothingAfterwards() throws IOException {
        Overlay overlay = open();
        write(overlay, 0, PAGES, 1);
        overlay.zeroPages(0, 10);
        overlay.close(() -> { });
        assertThatThrownBy(() -> write(overlay, 20, 1, 2)).isInstanceOf(IOException.class)
                .hasMessageContaining("closed");
        settle();
        assertThat(pool.takenLength()).isZero();
        assertThat(files.list(DIRECTORY.getParent())).isEmpty();
        Overlay next = open();
        next.allocateZeroPages(0, SLAB);
        assertThat(read(next, 5)).as("nothing of the client before").isZero();
    }

    @Test
    void shouldRefuseTheWriteThatFindsNoSpaceAndChangeNothing() throws IOException {
        Overlay overlay = open();
        write(overlay, 0, 2 * SLAB - 3, 1);
        files.limitSpace(5);

        assertThatThrownBy(() -> write(overlay, 2 * SLAB - 3, 3 + 6, 2)).isInstanceOf(NoSpaceException.class);

        assertThat(overlay.failed()).isFalse();
        assertThat(overlay.state(2 * SLAB - 3)).isEqualTo(Overlay.ABSENT);
        assertThat(overlay.use().heldLength()).isEqualTo(Pages.offset(2 * SLAB - 3));
        write(overlay, 2 * SLAB, 3, 3);
        assertThat(overlay.isInMemory(2 * SLAB + 2)).as("the memory of the refused write came back").isTrue();
        overlay.zeroPages(0, SLAB);
        write(overlay, 3 * SLAB, SLAB, 4);
        assertThat(read(overlay, 3 * SLAB)).isEqualTo(4);
    }

    @Test
    void shouldStopAtTheQuota() throws IOException {
        Overlay overlay = open();
        overlay.limit(Pages.offset(3 * SLAB));
        write(overlay, 0, 3 * SLAB, 1);
        assertThatThrownBy(() -> write(overlay, 4 * SLAB, 1, 1)).isInstanceOf(NoSpaceException.class);
        overlay.zeroPages(7, 1);
        write(overlay, 4 * SLAB, 1, 5);
        assertThat(read(overlay, 4 * SLAB)).isEqualTo(5);
    }

    @Test
    void shouldAgreeWithAnArray() throws IOException {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            Overlay overlay = open();
            int[] expected = new int[PAGES];
            for (int step = 1; step < 400; step++) {
                int page = random.nextInt(PAGES);
                int count = 1 + random.nextInt(Math.min(PAGES - page, random.nextInt(4) == 0 ? SLAB : 5));
                int value = 0;
                switch (random.nextInt(4)) {
                    case 0 -> overlay.zeroPages(page, count);
                    case 1 -> overlay.allocateZeroPages(page, count);
                    default -> {
                        value = step & 127;
                        write(overlay, page, count, value);
                    }
                }
                Arrays.fill(expected, page, page + count, value);
                settle();
            }
            for (int page = 0; page < PAGES; page++) {
                int found = overlay.state(page) == Overlay.PRESENT ? read(overlay, page) : 0;
                assertThat(found).as("seed %d, page %d", seed, page).isEqualTo(expected[page]);
            }
            overlay.close(() -> { });
            settle();
            assertThat(pool.takenLength()).isZero();
        }
    }
}
