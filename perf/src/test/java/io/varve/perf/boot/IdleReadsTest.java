package io.varve.perf.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class IdleReadsTest {

    private static final long GIB = 1 << 30;

    @Test
    void shouldReadFarFromTheBootAndNoPlaceTwice() {
        Set<Long> taken = Set.of(0L, 17L, 5000L, GIB / BootTrace.PAGE_SIZE - 1);
        IdleReads reads = IdleReads.around(taken, GIB, 3500, 20, 3);
        assertThat(reads.uncounted()).isEqualTo(500);
        Set<Long> groups = new TreeSet<>();
        for (long page : reads.pages()) {
            assertThat(page).isBetween(0L, GIB / BootTrace.PAGE_SIZE - 1);
            groups.add(page / BootImage.GROUP_PAGES);
        }
        assertThat(groups).hasSize(4000).doesNotContain(0L, 1L, 312L, 16383L);
        assertThat(reads.pages()).isEqualTo(IdleReads.around(taken, GIB, 3500, 20, 3).pages())
                .isNotEqualTo(IdleReads.around(taken, GIB, 3500, 20, 4).pages());
    }

    @Test
    void shouldReadLessOfASmallDisk() {
        IdleReads reads = IdleReads.around(Set.of(0L), 1 << 20, 4000, 20, 3);
        assertThat(reads.pages()).hasSize(7);
        assertThat(reads.uncounted()).isEqualTo(3);
    }

    @Test
    void shouldTellPercentiles() {
        long[] took = new long[200];
        Arrays.setAll(took, i -> (i + 1) * 1_000_000L);
        assertThat(IdleReads.percentileMs(took, 0.5)).isEqualTo(100);
        assertThat(IdleReads.percentileMs(took, 0.99)).isEqualTo(198);
        assertThat(IdleReads.percentileMs(new long[] {5_000_000}, 0.99)).isEqualTo(5);
    }
}
