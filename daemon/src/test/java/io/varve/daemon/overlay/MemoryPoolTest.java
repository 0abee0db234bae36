package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {

    private static final int SLABS = 70;

    @Test
    void shouldGiveEverySlabOnceAndThenNone() throws Exception {
        try (MemoryPool pool = new MemoryPool(SLABS * (long) MemoryPool.SLAB_LENGTH + 5000)) {
            List<Integer> taken = IntStream.range(0, SLABS).mapToObj(i -> pool.take()).toList();
            assertThat(taken).doesNotHaveDuplicates().doesNotContain(MemoryPool.NONE);
            assertThat(pool.take()).isEqualTo(MemoryPool.NONE);
            assertThat(pool.takenLength()).isEqualTo(pool.length());
            pool.giveBack(66);
            pool.discardFree();
            assertThat(pool.take()).isEqualTo(66);
            assertThat(pool.take()).isEqualTo(MemoryPool.NONE);
        }
    }

    @Test
    void shouldDiscardOnlyWhatNobodyHas() throws Exception {
        try (MemoryPool pool = new MemoryPool(SLABS * (long) MemoryPool.SLAB_LENGTH)) {
            int kept = pool.take();
            int returned = pool.take();
            UnsafeBuffer keptBytes = new UnsafeBuffer(pool.address(kept), MemoryPool.SLAB_LENGTH);
            UnsafeBuffer returnedBytes = new UnsafeBuffer(pool.address(returned), MemoryPool.SLAB_LENGTH);
            keptBytes.setMemory(0, MemoryPool.SLAB_LENGTH, (byte) 1);
            returnedBytes.setMemory(0, MemoryPool.SLAB_LENGTH, (byte) 2);
            pool.giveBack(returned);
            assertThat(returnedBytes.getByte(4096)).isEqualTo((byte) 2);
            pool.discardFree();
            assertThat(keptBytes.getByte(4096)).isEqualTo((byte) 1);
            assertThat(returnedBytes.getByte(4096)).isZero();
            assertThat(pool.takenLength()).isEqualTo(MemoryPool.SLAB_LENGTH);
        }
    }

    /** Each thread stamps its slabs and finds its stamp, while others take, give back and discard. */
    @Test
    void shouldNeverGiveASlabToTwo() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (MemoryPool pool = new MemoryPool(20L * MemoryPool.SLAB_LENGTH)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int id = 1; id <= 4; id++) {
                long stamp = id;
                runs.add(threads.submit(() -> takeAndGiveBack(pool, stamp)));
            }
            for (Future<?> run : runs) {
                run.get(60, TimeUnit.SECONDS);
            }
            assertThat(pool.takenLength()).isZero();
        } finally {
            threads.shutdown();
        }
    }

    private static void takeAndGiveBack(MemoryPool pool, long stamp) {
        Random random = new Random(stamp);
        ArrayDeque<Integer> mine = new ArrayDeque<>();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(2) == 0) {
                int slab = pool.take();
                if (slab != MemoryPool.NONE) {
                    new UnsafeBuffer(pool.address(slab), 4096).putLong(64, stamp);
                    mine.add(slab);
                }
            } else if (!mine.isEmpty()) {
                int slab = mine.poll();
                long found = new UnsafeBuffer(pool.address(slab), 4096).getLong(64);
                assertThat(found).as("slab %d of thread %d, step %d", slab, stamp, i).isEqualTo(stamp);
                pool.giveBack(slab);
                if (random.nextInt(50) == 0) {
                    pool.discardFree();
                }
            }
        }
        mine.forEach(pool::giveBack);
    }
}
