package io.varve.nbd.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class SlotPoolTest {

    private static final int MIB = 1024 * 1024;

    private final MemoryBudget budget = new MemoryBudget(8 * MIB);
    private final SlotPool pool = new SlotPool(2 * MIB, budget);

    @Test
    void shouldAlignSlotsAndHaveRoom() {
        for (int length : new int[] {1, 4096, 4097, 3 * MIB}) {
            UnsafeBuffer buffer = pool.acquire(length);
            assertThat(buffer.addressOffset() % 4096).isZero();
            assertThat(buffer.capacity()).isGreaterThanOrEqualTo(length);
            buffer.setMemory(0, buffer.capacity(), (byte) 7);
            pool.release(buffer);
        }
        assertThatThrownBy(() -> pool.acquire((64 * MIB) + 1)).hasMessageContaining("no slot of");
    }

    @Test
    void shouldReuseSlotsAndFreeWhatItMayNotKeep() {
        UnsafeBuffer first = pool.acquire(MIB);
        UnsafeBuffer second = pool.acquire(MIB);
        UnsafeBuffer third = pool.acquire(MIB);
        assertThat(budget.used()).isEqualTo(3 * MIB);

        pool.release(first);
        pool.release(second);
        pool.release(third);

        assertThat(budget.used()).isEqualTo(2 * MIB);
        assertThat(pool.acquire(MIB)).isSameAs(second);
        assertThat(third.capacity()).as("a freed slot can be touched no more").isZero();
    }

    @Test
    void shouldTrimWhatNobodyNeededSinceTheLastTime() {
        UnsafeBuffer busy = pool.acquire(MIB);
        UnsafeBuffer other = pool.acquire(MIB);
        pool.release(busy);
        pool.release(other);
        pool.trim();
        assertThat(budget.used()).as("both were needed").isEqualTo(2 * MIB);

        pool.release(pool.acquire(MIB));
        pool.trim();
        assertThat(budget.used()).as("one was").isEqualTo(MIB);

        pool.trim();
        assertThat(budget.used()).isZero();
    }

    @Test
    void shouldAdmitLessTheLessMemoryIsLeft() {
        List<UnsafeBuffer> slots = new ArrayList<>();
        assertThat(pool.admits(false)).isTrue();

        slots.add(pool.acquire(4 * MIB));
        assertThat(pool.admits(false)).as("tight, and something in flight").isFalse();
        assertThat(pool.admits(true)).as("tight, and nothing in flight").isTrue();
        assertThat(pool.takeRefused()).as("its own reply will wake that session").isFalse();

        slots.add(pool.acquire(4 * MIB));
        assertThat(pool.admits(true)).as("exhausted").isFalse();
        assertThat(pool.takeRefused()).isTrue();
        assertThat(pool.takeRefused()).isFalse();

        slots.forEach(pool::release);
        pool.trim();
        assertThat(pool.admits(false)).isTrue();
    }

    @Test
    void shouldShareTheBudgetWithOtherPools() {
        SlotPool another = new SlotPool(2 * MIB, budget);
        another.acquire(8 * MIB);
        assertThat(pool.admits(true)).isFalse();
    }
}
