package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageIndexTest {

    private static final long PAGES = 3 * 16384 + 77;

    @Test
    void shouldAgreeWithAMap() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            PageIndex index = new PageIndex(PAGES);
            Map<Long, Integer> expected = new HashMap<>();
            for (int step = 0; step < 3000; step++) {
                long page = (long) (random.nextDouble() * PAGES);
                if (random.nextInt(3) == 0) {
                    index.set(page, PageIndex.NONE);
                    expected.remove(page);
                } else {
                    index.set(page, step);
                    expected.put(page, step);
                }
            }
            for (long page = 0; page < PAGES; page++) {
                assertThat(index.get(page)).as("seed %d, page %d", seed, page)
                        .isEqualTo(expected.getOrDefault(page, PageIndex.NONE));
            }
        }
    }

    @Test
    void shouldPassOverWhatHoldsNothing() {
        PageIndex index = new PageIndex(PAGES);
        assertThat(index.skipEmpty(0, PAGES)).isEqualTo(PAGES);
        index.set(20_000, 5);
        assertThat(index.skipEmpty(0, PAGES)).isEqualTo(20_000 / 64 * 64);
        assertThat(index.skipEmpty(20_001, PAGES)).isEqualTo(20_001);
        assertThat(index.skipEmpty(20_032, PAGES)).isEqualTo(PAGES);
        assertThat(index.skipEmpty(0, 100)).isEqualTo(100);
    }

    @Test
    void shouldReachTheLastPageOfTheLargestDisk() {
        long last = (OverlayMeta.MAX_SIZE >>> 12) - 1;
        PageIndex index = new PageIndex(last + 1);
        index.set(last, 3);
        assertThat(index.get(last)).isEqualTo(3);
        assertThat(index.get(last - 1)).isEqualTo(PageIndex.NONE);
    }
}
