package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageSetTest {

    private static final int REGION = 16384;

    @Test
    void shouldAgreeWithABitSet() {
        for (long seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int pageCount = 1 + random.nextInt(4 * REGION);
            PageSet set = new PageSet(pageCount);
            BitSet expected = new BitSet();
            for (int step = 0; step < 50; step++) {
                change(random, pageCount, set, expected);
                int page = random.nextInt(pageCount);
                assertThat(set.contains(page)).as("seed %d, page %d", seed, page).isEqualTo(expected.get(page));
                assertThat(set.next(page)).as("seed %d, page %d", seed, page).isEqualTo(expected.nextSetBit(page));
                assertThat(set.size()).as("seed %d", seed).isEqualTo(expected.cardinality());
                assertThat(set.isEmpty()).isEqualTo(expected.isEmpty());
            }
            requireSameRuns(set, expected, pageCount, seed);
        }
    }

    private static void change(Random random, int pageCount, PageSet set, BitSet expected) {
        int page = random.nextInt(pageCount);
        int count = 1 + random.nextInt(random.nextInt(4) > 0 ? Math.min(100, pageCount - page) : pageCount - page);
        int choice = random.nextInt(20);
        if (choice == 0) {
            set.clear();
            expected.clear();
        } else if (choice < 14) {
            set.add(page, count);
            expected.set(page, page + count);
        } else {
            set.remove(page, count);
            expected.clear(page, page + count);
        }
    }

    private static void requireSameRuns(PageSet set, BitSet expected, int pageCount, long seed) {
        for (int page = expected.nextSetBit(0); page >= 0; page = expected.nextSetBit(page)) {
            int end = expected.nextClearBit(page);
            assertThat(set.runLength(page, pageCount)).as("seed %d, page %d", seed, page).isEqualTo(end - page);
            assertThat(set.runLength(page, 1)).isEqualTo(1);
            page = end;
        }
    }

    @Test
    void shouldIntersectOnlyOverACommonPage() {
        PageSet some = new PageSet(3 * REGION);
        PageSet others = new PageSet(3 * REGION);
        assertThat(some.intersects(others)).isFalse();
        some.add(REGION - 1, 2);
        assertThat(some.intersects(others)).isFalse();
        others.add(REGION + 1, REGION);
        assertThat(some.intersects(others)).isFalse();
        others.add(REGION, 1);
        assertThat(some.intersects(others)).isTrue();
        assertThat(others.intersects(some)).isTrue();
        some.clear();
        assertThat(others.intersects(some)).isFalse();
    }

    @Test
    void shouldHoldEveryPageOfALargeDiskAtLittleCost() {
        PageSet set = new PageSet(1L << 28);
        set.add(0, 1L << 28);
        assertThat(set.size()).isEqualTo(1L << 28);
        assertThat(set.runLength(17, (1L << 28) - 17)).isEqualTo((1L << 28) - 17);
        set.remove(5 * REGION, REGION);
        assertThat(set.next(5 * REGION)).isEqualTo(6 * REGION);
        assertThat(set.runLength(0, 1L << 28)).isEqualTo(5 * REGION);
    }
}
