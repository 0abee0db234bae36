package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WaveMemoryTest {

    private static final int PAGE = Pages.PAGE_SIZE;

    private final MemoryBudget budget = new MemoryBudget(4096);
    private final UnsafeBuffer bytes = Buffers.alignedDirect(64 * PAGE);
    private final UnsafeBuffer read = Buffers.alignedDirect(64 * PAGE);
    private final BlockSource one = new Nothing();
    private final BlockSource other = new Nothing();

    @Test
    void shouldTellPagesOfOneSourceFromThoseOfAnother() {
        final WaveMemory memory = new WaveMemory(budget, 1024, new WavePack(Optional::empty));
        fill(0, 2, 1);
        memory.put(one, 7 * PAGE, bytes, 0, 2 * PAGE);
        assertThat(memory.readNow(other, 7 * PAGE, read, 0, PAGE)).isEqualTo(BlockSource.WOULD_BLOCK);
        assertThat(memory.readNow(one, 6 * PAGE, read, 0, 2 * PAGE)).isEqualTo(BlockSource.WOULD_BLOCK);
        assertThat(memory.readNow(one, 8 * PAGE + 100, read, 3, 2 * PAGE)).as("to the end of what is here")
                .isEqualTo(PAGE - 100);
        assertThat(read.getLong(3 + 4)).isEqualTo(bytes.getLong(PAGE + 104));
        assertThat(memory.holds(one, 7 * PAGE, 2 * PAGE)).isTrue();
        assertThat(memory.holds(one, 7 * PAGE, 2 * PAGE + 1)).isFalse();
        memory.leave();
    }

    @Test
    void shouldKeepWhatFitsBesideAModel() {
        final long seed = 5;
        final Random random = new Random(seed);
        final WaveMemory memory = new WaveMemory(budget, 500, new WavePack(Optional::empty));
        final Map<Long, Integer> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            final BlockSource source = random.nextBoolean() ? one : other;
            final long page = random.nextInt(400);
            final int pages = 1 + random.nextInt(8);
            if (random.nextInt(10) == 0) {
                for (int p = 0; p < pages; p++) {
                    final long key = key(source, page + p);
                    fill(p, 1, (int) key);
                    if (model.size() < 500) {
                        model.put(key, (int) key);
                    }
                }
                memory.put(source, page * PAGE, bytes, 0, pages * PAGE);
            }
            final int count = memory.readNow(source, page * PAGE, read, 0, pages * PAGE);
            int expected = 0;
            while (expected < pages && model.containsKey(key(source, page + expected))) {
                assertThat(read.getInt(expected * PAGE + 8)).isEqualTo(model.get(key(source, page + expected)));
                expected++;
            }
            assertThat(count).as("seed %d, step %d", seed, i).isEqualTo(expected == 0 ? -1 : expected * PAGE);
        }
        assertThat(memory.usedPages()).isEqualTo(500);
        assertThat(memory.isFull()).isTrue();
        memory.leave();
    }

    private long key(BlockSource source, long page) {
        return page * 2 + (source == one ? 0 : 1);
    }

    @Test
    void shouldShareTheBudgetAndGiveItBackWhenTheLastOneLeaves() {
        final WaveMemory first = new WaveMemory(budget, 4000, new WavePack(Optional::empty));
        final WaveMemory second = new WaveMemory(budget, 4000, new WavePack(Optional::empty));
        for (int i = 0; i < 4000; i++) {
            first.put(one, (long) i * PAGE, bytes, 0, PAGE);
            second.put(one, (long) i * PAGE, bytes, 0, PAGE);
        }
        assertThat(first.usedPages() + second.usedPages()).isEqualTo(4096);
        assertThat(budget.leftPages()).isZero();
        assertThat(first.enter()).isTrue();
        first.leave();
        assertThat(budget.leftPages()).as("the wave is not over").isZero();
        assertThat(first.enter()).isTrue();
        first.leave();
        first.leave();
        assertThat(budget.leftPages()).isPositive();
        assertThat(first.enter()).as("over").isFalse();
        assertThat(first.readNow(one, 0, read, 0, PAGE)).isEqualTo(BlockSource.WOULD_BLOCK);
        second.leave();
        assertThat(budget.leftPages()).isEqualTo(4096);
    }

    @Test
    @Timeout(60)
    void shouldLetOneReadWhatSeveralWant() throws InterruptedException {
        final WaveMemory memory = new WaveMemory(budget, 100, new WavePack(Optional::empty));
        final WaveMemory.Claim mine = memory.claim(one, 0, 16 * PAGE);
        memory.release(memory.claim(one, 16 * PAGE, PAGE));
        memory.release(memory.claim(other, 0, PAGE));
        final AtomicBoolean got = new AtomicBoolean();
        final CountDownLatch done = new CountDownLatch(1);
        final Thread follower = new Thread(() -> {
            final WaveMemory.Claim its = memory.claim(one, 15 * PAGE, 2 * PAGE);
            got.set(memory.holds(one, 15 * PAGE, PAGE));
            memory.release(its);
            done.countDown();
        });
        follower.start();
        memory.put(one, 0, bytes, 0, 16 * PAGE);
        memory.release(mine);
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(got).isTrue();
        memory.leave();
    }

    /** What reads while others put sees whole pages or none. */
    @Test
    @Timeout(60)
    void shouldShowWholePagesToWhoReadsMeanwhile() throws InterruptedException {
        final WaveMemory memory = new WaveMemory(budget, 2048, new WavePack(Optional::empty));
        final Thread writer = new Thread(() -> {
            for (int i = 0; i < 2048; i++) {
                bytes.setMemory(0, PAGE, (byte) i);
                bytes.putInt(0, i);
                memory.put(one, (long) i * PAGE, bytes, 0, PAGE);
            }
        });
        writer.start();
        int seen = 0;
        while (seen < 2048) {
            if (memory.readNow(one, (long) seen * PAGE, read, 0, PAGE) == PAGE) {
                assertThat(read.getInt(0)).isEqualTo(seen);
                assertThat(read.getByte(PAGE - 1)).isEqualTo((byte) seen);
                seen++;
            }
        }
        writer.join();
        memory.leave();
    }

    @Test
    void shouldReadWithoutAllocation() {
        final WaveMemory memory = new WaveMemory(budget, 2048, new WavePack(Optional::empty));
        for (int i = 0; i < 2048; i += 2) {
            memory.put(one, (long) i * PAGE, bytes, 0, PAGE);
        }
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().getId();
        readMany(memory, 10_000);
        final long before = threads.getThreadAllocatedBytes(thread);
        readMany(memory, 100_000);
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(100_000);
        memory.leave();
    }

    private void readMany(WaveMemory memory, int count) {
        for (int i = 0; i < count; i++) {
            memory.readNow(one, (long) (i % 2048) * PAGE, read, 0, 2 * PAGE);
        }
    }

    private void fill(int page, int count, int mark) {
        for (int i = page; i < page + count; i++) {
            bytes.setMemory(i * PAGE, PAGE, (byte) (mark + i));
            bytes.putInt(i * PAGE + 8, mark);
        }
    }

    private static final class Nothing implements BlockSource {
        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length) {
            return WOULD_BLOCK;
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            throw new IOException("nothing");
        }
    }
}
