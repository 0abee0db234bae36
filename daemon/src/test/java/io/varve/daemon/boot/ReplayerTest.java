package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class ReplayerTest {

    private static final long DISK_PAGES = 10_000_000;
    private static final int ENTRY_PAGES = 64;
    private static final long STRIDE = 1000;

    private final Queue<Runnable> background = new ArrayDeque<>();
    private final List<Long> loads = new ArrayList<>();
    private final List<Replayer> over = new ArrayList<>();
    private IOException loadFailure;
    private List<ReadAhead> readAheads;
    private Replayer replayer = replay(1000, 0);

    @Test
    void shouldLoadTheFirstBurstBeforeTheFirstReadAndNoMore() {
        runBackground();
        assertThat(loads).hasSize(Replayer.FIRST_WINDOW_PAGES / ENTRY_PAGES);
        assertThat(loads.get(0)).isZero();
        assertThat(loads.get(1)).isEqualTo(STRIDE);
        assertThat(replayer.counters()).isEqualTo(new BootCounters(1024, 0, 0, 0, 0));
    }

    @Test
    void shouldLeaveTheThreadAfterEachMiB() {
        background.remove().run();
        assertThat(loads).hasSize(256 / ENTRY_PAGES);
        assertThat(background).hasSize(1);
    }

    @Test
    void shouldOpenTheWindowAsTheBootComesTrue() {
        runBackground();
        int ahead = loads.size();
        for (int entry = 0; entry < 200; entry++) {
            demand(entry);
            runBackground();
            assertThat(loads.size() - entry - 1).isGreaterThanOrEqualTo(ahead - 1);
            ahead = loads.size() - entry - 1;
        }
        assertThat(ahead).isEqualTo(Replayer.WINDOW_PAGES / ENTRY_PAGES);
        assertThat(replayer.counters().late()).isZero();
        assertThat(replayer.counters().used()).isEqualTo(200 * ENTRY_PAGES);
        assertThat(replayer.counters().hitRatio()).isEqualTo(1.0);
    }

    @Test
    void shouldReachASecondAheadWhereThatIsMore() {
        replayer = replay(1000, 100);
        runBackground();
        for (int entry = 0; entry < 200; entry++) {
            demand(entry);
        }
        runBackground();
        assertThat(loads).endsWith(999 * STRIDE);
    }

    @Test
    void shouldTellUsedFromLateFromMissed() {
        background.remove().run(); // four entries are loaded
        demand(0);
        replayer.onRead(STRIDE, 10, 1);
        replayer.onRead(STRIDE, 20, 1);
        replayer.onRead(5 * STRIDE - 6, 16, 1); // six pages before an entry that is not loaded yet, ten of it
        replayer.onRead(5 * STRIDE - 6, 16, 1);
        assertThat(replayer.counters()).isEqualTo(new BootCounters(256, 64 + 20, 0, 10, 6));
        replayer.close();
        assertThat(replayer.counters().wasted()).isEqualTo(256 - 84);
        assertThat(replayer.counters().hitRatio()).isEqualTo(0.84);
        final BootCounters last = replayer.counters();
        replayer.release();
        assertThat(replayer.counters()).as("what was learned is let go of").isEqualTo(last);
        replayer.onRead(0, 1, 2);
        assertThat(replayer.counters()).isEqualTo(last);
        assertThat(over).containsExactly(replayer);
    }

    @Test
    void shouldNotLoadWhatTheClientHasReadByItself() {
        for (int entry = 0; entry < 16; entry++) {
            demand(entry);
        }
        runBackground();
        assertThat(loads.get(0)).isEqualTo(16 * STRIDE);
        assertThat(replayer.counters().late()).isEqualTo(16 * ENTRY_PAGES);
    }

    @Test
    void shouldNotFollowOneStrayReadButSeveral() {
        runBackground();
        final int first = loads.size();
        demand(900);
        runBackground();
        assertThat(loads).hasSize(first);
        for (int entry = 901; entry < 908; entry++) {
            demand(entry);
        }
        runBackground();
        assertThat(loads.get(first)).as("what lies between is skipped").isEqualTo(908 * STRIDE);
        assertThat(replayer.activity()).isEqualTo(BootTracker.Activity.REPLAYING);
    }

    /** What several boots read is in an order that none of them had. */
    @Test
    void shouldNotJudgeByStrayReadsInsideTheWindow() {
        final long[] pages = new long[1000];
        Arrays.setAll(pages, i -> i * STRIDE);
        final int[] counts = new int[1000];
        Arrays.fill(counts, 8);
        replayer = replay(List.of(new Sequence(pages, counts, new int[1000])));
        for (int entry = 0; entry < 500; entry++) {
            runBackground();
            replayer.onRead(entry * STRIDE, 8, entry);
            if (entry % 3 == 0) {
                replayer.onRead((entry + 450) * STRIDE, 8, entry);
            }
        }
        assertThat(over).isEmpty();
        assertThat(replayer.poor()).isFalse();
    }

    @Test
    void shouldGiveUpWhenFewOfTheEntriesAreOfUse() {
        for (int entry = 0; entry < 1000 && over.isEmpty(); entry += 4) {
            runBackground();
            demand(entry);
        }
        assertThat(over).hasSize(1);
        assertThat(replayer.poor()).isTrue();
        assertThat(replayer.activity()).isEqualTo(BootTracker.Activity.NONE);
        final int loaded = loads.size();
        runBackground();
        demand(999);
        runBackground();
        assertThat(loads).hasSize(loaded);
        assertThat(loaded).isLessThan(1000);
    }

    @Test
    void shouldGoOnWhenAThirdIsOfUse() {
        for (int entry = 0; entry < 1000; entry += 3) {
            runBackground();
            demand(entry);
        }
        assertThat(over).isEmpty();
    }

    @Test
    void shouldEndWhenTheBootIsOver() {
        runBackground();
        for (int entry = 0; entry < 20; entry++) {
            demand(entry);
        }
        replayer.onRead(1, 1, 121_000_000_000L);
        assertThat(over).hasSize(1);
        assertThat(replayer.poor()).isFalse();
    }

    @Test
    void shouldEndWithABurst() {
        runBackground();
        for (int i = 0; i < BootClock.BURST_READS; i++) {
            assertThat(over).isEmpty();
            replayer.onRead(i * STRIDE + 500, 1, i);
        }
        replayer.onRead(0, 1, BootClock.BURST_READS);
        assertThat(over).containsExactly(replayer);
        assertThat(replayer.poor()).as("nobody booted").isFalse();
        assertThat(replayer.counters()).isEqualTo(new BootCounters(1024, 0, 1024, 0, BootClock.BURST_READS));
    }

    @Test
    void shouldStopLoadingAfterCloseAndSurviveIt() {
        replayer.close();
        runBackground();
        assertThat(loads).isEmpty();
        replayer.onRead(0, 1, 0);
        replayer.close();
        assertThat(over).hasSize(1);
    }

    @Test
    void shouldStopAtAFailureThatTheClientNeverSees() {
        loadFailure = new IOException("broken");
        runBackground();
        final int step = loads.size();
        assertThat(step).isBetween(1, 256 / ENTRY_PAGES);
        assertThat(readAheads.get(0).failure()).isSameAs(loadFailure);
        demand(0);
        runBackground();
        assertThat(loads).hasSize(step);
        assertThat(replayer.counters().late()).isEqualTo(ENTRY_PAGES);
    }

    @Test
    void shouldGoOverToTheVariantThatTheFirstReadsAreOf() {
        final Sequence first = sequence(0, 500);
        final Sequence second = sequence(2_000_000, 500);
        replayer = replay(List.of(first, second));
        runBackground();
        final int burst = loads.size();
        for (int entry = 0; entry < VariantChoice.READS; entry++) {
            assertThat(loads).as("read %d", entry).hasSize(burst);
            replayer.onRead(2_000_000 + entry * STRIDE, ENTRY_PAGES, entry);
            runBackground();
        }
        assertThat(loads.get(burst)).as("what was read already is passed over")
                .isEqualTo(2_000_000 + VariantChoice.READS * STRIDE);
        final BootCounters before = replayer.counters();
        assertThat(before.missed()).isEqualTo(VariantChoice.READS * ENTRY_PAGES);
        for (int entry = VariantChoice.READS; entry < 300; entry++) {
            replayer.onRead(2_000_000 + entry * STRIDE, ENTRY_PAGES, entry);
            runBackground();
        }
        assertThat(replayer.counters().missed()).isEqualTo(before.missed());
        assertThat(replayer.counters().used()).isEqualTo((300 - VariantChoice.READS) * ENTRY_PAGES);
        assertThat(loads.subList(burst, loads.size())).allMatch(page -> page >= 2_000_000);
        replayer.close();
        assertThat(replayer.counters().wasted()).as("the first burst, and what was ahead")
                .isEqualTo(replayer.counters().prefetched() - replayer.counters().used());
    }

    @Test
    void shouldLoadNoMoreOfAVariantThatItLeft() {
        replayer = replay(List.of(sequence(0, 500), sequence(2_000_000, 500)));
        for (int entry = 0; entry < VariantChoice.READS; entry++) {
            replayer.onRead(2_000_000 + entry * STRIDE, ENTRY_PAGES, entry);
        }
        runBackground();
        assertThat(loads).isNotEmpty().allMatch(page -> page >= 2_000_000);
    }

    @Test
    void shouldStayWithTheFirstVariantWhereBothAreRight() {
        replayer = replay(List.of(sequence(0, 500), sequence(0, 400)));
        for (int entry = 0; entry < 450; entry++) {
            demand(entry);
            runBackground();
        }
        assertThat(replayer.counters().missed()).isZero();
    }

    /** Someone looks at the disk, and goes away for a while; then the boot comes. */
    @Test
    void shouldChooseByTheReadsOfTheBootAndNotByThoseOfAProbe() {
        replayer = replay(List.of(sequence(0, 500), sequence(2_000_000, 500)));
        for (int i = 0; i < VariantChoice.READS + 2; i++) {
            replayer.onRead(2_000_000 + i * STRIDE, 1, i);
        }
        final long later = 20_000_000_000L;
        for (int entry = 0; entry < VariantChoice.READS + 100; entry++) {
            replayer.onRead(entry * STRIDE, ENTRY_PAGES, later + entry);
            runBackground();
        }
        assertThat(replayer.counters().used()).isGreaterThan(80 * ENTRY_PAGES);
    }

    /** Entries of 64 pages, 1000 pages and {@code stepUs} apart. */
    private Replayer replay(int entryCount, int stepUs) {
        return replay(List.of(sequence(0, entryCount, stepUs)));
    }

    private static Sequence sequence(long firstPage, int entryCount) {
        return sequence(firstPage, entryCount, 0);
    }

    private static Sequence sequence(long firstPage, int entryCount, int stepUs) {
        final long[] pages = new long[entryCount];
        final int[] counts = new int[entryCount];
        final int[] times = new int[entryCount];
        for (int i = 0; i < entryCount; i++) {
            pages[i] = firstPage + i * STRIDE;
            counts[i] = ENTRY_PAGES;
            times[i] = stepUs == 0 ? i * 1_000_000 / 4 : i * stepUs;
        }
        return new Sequence(pages, counts, times);
    }

    private Replayer replay(List<Sequence> variants) {
        background.clear();
        loads.clear();
        final PageLoader loader = (ranges, memory) -> {
            ranges.forEach(range -> loads.add(range.pageIndex()));
            if (loadFailure != null) {
                throw loadFailure;
            }
            return true;
        };
        readAheads = variants.stream().map(each -> new ReadAhead(each, null, background::add)).toList();
        final Replayer made = new Replayer(readAheads, null, DISK_PAGES, loader, over::add);
        made.start();
        return made;
    }

    private void demand(int entry) {
        replayer.onRead(entry * STRIDE, ENTRY_PAGES, entry);
    }

    private void runBackground() {
        while (!background.isEmpty()) {
            background.remove().run();
        }
    }
}
