package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergerTest {

    private static final int ALL = Sequence.MAX_PAGES;
    /** Behind the first two seconds, in which nothing is dropped. */
    private static final int LATE_US = 2_000_000;

    @Test
    void shouldMakeOfOneBootWhatItDid() {
        final Sequence boot = late(300, 100, 700);
        assertThat(pages(Merger.ranges(List.of(boot), ALL))).containsExactly(300L, 100L, 700L);
        final Sequence sequence = Merger.sequence(List.of(boot), ALL);
        assertThat(sequence.pageIndex(1)).isEqualTo(100);
        assertThat(sequence.startUs(1)).isEqualTo(LATE_US + 1);
    }

    @Test
    void shouldKeepEveryPageOfTwoBoots() {
        assertThat(pages(Merger.ranges(List.of(late(100, 200), late(300)), ALL)))
                .containsExactlyInAnyOrder(100L, 200L, 300L);
    }

    /** Of three boots, one weighs 1, 0.7 or 0.49 of 2.19. */
    @Test
    void shouldDropWhatOneOfThreeBootsHad() {
        final List<Sequence> boots = List.of(late(10, 500), late(10, 600), late(10, 700));
        final List<Merger.Range> ranges = Merger.ranges(boots, ALL);
        assertThat(pages(ranges)).containsExactly(10L);
        assertThat(ranges.get(0).support()).isCloseTo(1, within(1e-9));
        assertThat(pages(Merger.ranges(List.of(late(10, 500), late(10), late(10, 500)), ALL)))
                .containsExactly(10L, 500L);
        assertThat(pages(Merger.ranges(List.of(late(10), late(10, 500), late(10, 500)), ALL)))
                .as("1.19 of 2.19").containsExactly(10L, 500L);
    }

    @Test
    void shouldForgetSlowlyWhatBootsDoNotReadAnyMore() {
        final List<Sequence> newestFirst = new ArrayList<>(List.of(
                late(10, 500), late(10, 500), late(10, 500), late(10, 500), late(10, 500), late(10, 500)));
        double before = 1.01;
        int kept = 0;
        while (true) {
            final List<Merger.Range> ranges = Merger.ranges(newestFirst, ALL);
            if (ranges.size() == 1) {
                break;
            }
            assertThat(ranges.get(1).support()).isLessThan(before);
            before = ranges.get(1).support();
            kept++;
            newestFirst.add(0, late(10));
        }
        assertThat(kept).as("six boots had it; the second boot without it takes it away").isEqualTo(2);
    }

    @Test
    void shouldKeepWhatAnyBootReadInItsFirstTwoSeconds() {
        final Sequence early = new Sequence(new long[] {10, 500}, new int[] {1, 1}, new int[] {0, LATE_US - 1});
        final Sequence tooLate = new Sequence(new long[] {10, 600}, new int[] {1, 1}, new int[] {0, LATE_US});
        assertThat(pages(Merger.ranges(List.of(late(10), early, tooLate, late(10)), ALL)))
                .containsExactly(10L, 500L);
    }

    @Test
    void shouldOrderByTheMedianAndEqualOnesByPage() {
        final List<Sequence> boots = List.of(
                late(1, 2, 3, 4, 5, 6, 7, 8, 9), late(1, 2, 3, 4, 5, 6, 7, 8, 9), late(9, 8, 1, 2, 3, 4, 5, 6, 7));
        assertThat(pages(Merger.ranges(boots, ALL))).as("one boot moves nothing")
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(pages(Merger.ranges(List.of(late(7, 3), late(3, 7)), ALL))).containsExactly(3L, 7L);
    }

    @Test
    void shouldRankByTheShareOfTheBootThatIsBehind() {
        final Sequence large = new Sequence(new long[] {1000, 5000}, new int[] {256, 1}, new int[] {0, 1});
        final List<Merger.Range> ranges = Merger.ranges(List.of(large), ALL);
        assertThat(ranges.get(1).rank()).isCloseTo(256.0 / 257, within(1e-9));
    }

    @Test
    void shouldCutRangesWhereBootsDiffer() {
        final Sequence wide = new Sequence(new long[] {100}, new int[] {20}, new int[] {LATE_US});
        final Sequence narrow = new Sequence(new long[] {105}, new int[] {5}, new int[] {LATE_US});
        final List<Merger.Range> ranges = Merger.ranges(List.of(narrow, narrow, wide), ALL);
        assertThat(ranges).hasSize(1);
        assertThat(ranges.get(0).pageIndex()).isEqualTo(105);
        assertThat(ranges.get(0).pageCount()).isEqualTo(5);
    }

    @Test
    void shouldStopAtTheBudget() {
        assertThat(pages(Merger.ranges(List.of(late(30, 20, 10)), 2))).containsExactly(30L, 20L);
        assertThat(Merger.sequence(List.of(late(30, 26, 90, 10)), 6).pageCount())
                .as("pages that come along count").isLessThanOrEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldFindTheSystemBehindTheNoise(long seed) {
        final SyntheticBoots system = new SyntheticBoots(seed, 2000);
        final List<Sequence> boots = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            boots.add(system.boot(10, 20));
        }
        final List<Merger.Range> ranges = Merger.ranges(boots, ALL);
        final Sequence clean = SyntheticBoots.recorded(system.pieces());
        long known = 0;
        long noise = 0;
        for (final Merger.Range range : ranges) {
            final int common = clean.overlap(range.pageIndex(), range.pageCount());
            known += common;
            noise += range.rank() > 0.2 ? range.pageCount() - common : 0;
        }
        assertThat((double) known / clean.pageCount()).as("seed %d", seed).isGreaterThan(0.96);
        assertThat(noise).as("seed %d: behind the first seconds", seed).isLessThan(clean.pageCount() / 100);
        double distance = 0;
        for (final Merger.Range range : ranges) {
            final int at = system.pieces().indexOf(range.pageIndex());
            distance += at < 0 ? 0 : Math.abs(range.rank() * system.pieces().size() - at);
        }
        assertThat(distance / ranges.size()).as("seed %d: places moved", seed).isLessThan(30);
    }

    /** One page each, one microsecond apart. */
    private static Sequence late(long... pages) {
        final int[] counts = new int[pages.length];
        final int[] times = new int[pages.length];
        for (int i = 0; i < pages.length; i++) {
            counts[i] = 1;
            times[i] = LATE_US + i;
        }
        return new Sequence(pages, counts, times);
    }

    private static List<Long> pages(List<Merger.Range> ranges) {
        return ranges.stream().map(Merger.Range::pageIndex).toList();
    }
}
