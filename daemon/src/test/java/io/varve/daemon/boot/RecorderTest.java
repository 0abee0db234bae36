package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecorderTest {

    private static final long DISK_PAGES = 10_000_000;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long BURST_PAGE = 1_000_000;

    private final List<Recorder> finished = new ArrayList<>();
    private final Recorder recorder = new Recorder(DISK_PAGES, finished::add);
    private long nowNs = Long.MAX_VALUE - SECOND; // wraps around in mid-boot

    @Test
    void shouldRecordTheFirstTouchOfEachPageWithItsTime() {
        read(1000, 256);
        nowNs += SECOND;
        read(900, 400);
        nowNs += SECOND;
        read(1000, 256);
        read(5000, 200);
        recorder.close();
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(entries(sequence))
                .containsExactly("1000+256@0", "900+100@1000000", "1256+44@1000000", "5000+200@2000000");
    }

    @Test
    void shouldHandOverOnce() {
        boot();
        recorder.close();
        recorder.close();
        read(1, 1);
        assertThat(recorder.finishIfIdle(nowNs + 100 * SECOND)).isTrue();
        assertThat(finished).containsExactly(recorder);
        assertThat(recorder.activity()).isEqualTo(BootTracker.Activity.NONE);
    }

    @Test
    void shouldEndAfterTenIdleSecondsAtTheNextRead() {
        boot();
        nowNs += 10 * SECOND;
        read(7_000_000, 1);
        assertThat(finished).isEmpty();
        nowNs += 10 * SECOND + 1;
        read(8_000_000, 1);
        assertThat(finished).hasSize(1);
        assertThat(recorder.sequence().orElseThrow().endPage()).isEqualTo(7_000_001);
    }

    @Test
    void shouldEndWhenLookedAtAfterTenIdleSeconds() {
        assertThat(recorder.finishIfIdle(nowNs + 100 * SECOND)).as("nothing was read").isFalse();
        boot();
        assertThat(recorder.finishIfIdle(nowNs + 10 * SECOND)).isFalse();
        assertThat(recorder.finishIfIdle(nowNs + 10 * SECOND + 1)).isTrue();
        assertThat(finished).hasSize(1);
    }

    @Test
    void shouldEndAfterTwoMinutes() {
        boot();
        for (int i = 0; i < 15; i++) {
            nowNs += 8 * SECOND;
            read(9_000_000 + i * 1000L, 1);
        }
        assertThat(finished).isEmpty();
        nowNs += 1;
        read(1, 1);
        assertThat(finished).hasSize(1);
    }

    @Test
    void shouldBeginAnewAfterAProbe() {
        read(0, 1);
        read(DISK_PAGES - 8, 8);
        nowNs += 18 * SECOND;
        read(0, 1);
        nowNs += 1000;
        boot();
        recorder.close();
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(entries(sequence)).startsWith("0+1@0").noneMatch(entry -> entry.startsWith("9999992"));
    }

    @Test
    void shouldKeepNothingOfAClientThatOnlyLooked() {
        read(0, 511);
        recorder.close();
        assertThat(finished).hasSize(1);
        assertThat(recorder.sequence()).isEmpty();
    }

    @Test
    void shouldDropAScanButNotTheBootAroundIt() {
        boot();
        for (long page = 0; page < 30_000; page += 32) {
            nowNs += 1000;
            read(page, 32);
            if (page % 1024 == 0) {
                read(300_000 + page, 8);
            }
        }
        recorder.close();
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(sequence.pageCount()).isEqualTo(40 * 32 + 30 * 8);
        assertThat(sequence.rankAt(9_999)).as("nothing of the scan below the boot's first page").isEqualTo(-1);
    }

    @Test
    void shouldSeeAScanOfSeveralConnectionsOutOfOrder() {
        for (long page = 0; page < 100_000; page += 256) {
            for (final int part : new int[] {2, 0, 3, 1}) {
                read(page + part * 64L, 64);
            }
        }
        recorder.close();
        assertThat(recorder.sequence()).isEmpty();
    }

    @Test
    void shouldLearnAGuestThatWakesUpFromItsSavedState() {
        boot();
        long page = 500_000;
        for (; page < 530_000; page += 32) {
            nowNs += 1000;
            read(page, 32);
        }
        read(7_000_000, 8);
        recorder.close();
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(sequence.pageCount()).isEqualTo(40 * 32 + (page - 500_000) + 8);
        assertThat(sequence.rankAt(500_000)).isNotNegative();
    }

    @Test
    void shouldKeepOfASavedStateWhatTheBudgetHolds() {
        for (long page = 500_000; finished.isEmpty(); page += 64) {
            read(page, 64);
            assertThat(page).isLessThan(700_000);
        }
        assertThat(recorder.sequence().orElseThrow().pageCount()).isEqualTo(131_072);
    }

    @Test
    void shouldDropStreamsThatBeginElsewhereIfThereAreSeveral() {
        boot();
        for (long page = 0; page < 60_000; page += 64) {
            for (final int part : new int[] {100_000, 300_000, 200_000}) {
                read(part + page, 64);
            }
        }
        read(7_000_000, 8);
        assertThat(finished).as("a scan is no part of the budget").isEmpty();
        recorder.close();
        assertThat(recorder.sequence().orElseThrow().pageCount()).isEqualTo(40 * 32 + 8);
    }

    /** As nbdcopy does: each connection has a part of the disk, and the budget is full before any stream is long. */
    @Test
    void shouldDropACopyThatDividesADiskAmongItsConnections() {
        for (final int diskPages : new int[] {1 << 17, 1 << 18, 1 << 22}) {
            for (final int connections : new int[] {2, 4, 8}) {
                final Recorder copied = new Recorder(diskPages, finished::add);
                final int part = diskPages / connections;
                for (int page = 0; page < part; page += 64) {
                    for (int i = 0; i < connections; i++) {
                        copied.onRead((long) i * part + page, 64, nowNs);
                    }
                }
                copied.close();
                assertThat(copied.sequence()).as("%d pages, %d connections", diskPages, connections).isEmpty();
            }
        }
    }

    @Test
    void shouldDropAScanOfADiskWithTheSmallestBudget() {
        final Recorder small = new Recorder(100_000, finished::add);
        small.onRead(90_000, 600, nowNs);
        for (long page = 0; page < 80_000; page += 32) {
            small.onRead(page, 32, nowNs);
        }
        small.close();
        assertThat(small.sequence().orElseThrow().pageCount()).isEqualTo(600);
    }

    @Test
    void shouldTakeARamdiskAndASavedStateOneAfterTheOtherForABoot() {
        for (long page = 2_000_000; page < 2_015_000; page += 32) {
            read(page, 32);
        }
        for (long page = 500_000; page < 530_000; page += 64) {
            nowNs += 1000;
            read(page, 64);
        }
        recorder.close();
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(sequence.rankAt(2_000_000)).isNotNegative();
        assertThat(sequence.rankAt(529_000)).isNotNegative();
    }

    @Test
    void shouldLearnTheBootThatABurstFollows() {
        boot();
        nowNs += SECOND;
        burst();
        assertThat(finished).containsExactly(recorder);
        final Sequence sequence = recorder.sequence().orElseThrow();
        assertThat(sequence.overlap(0, BURST_PAGE)).isEqualTo(40 * 32);
        assertThat(sequence.pageCount() - 40 * 32).as("of the burst").isBetween(0, BootClock.STEP_READS - 1);
    }

    @Test
    void shouldLearnNothingOfABurstThatIsSeenFromItsFirstRead() {
        boot();
        for (int i = 40; i < 2 * BootClock.STEP_READS; i++) {
            nowNs += 1000;
            read(200_000 + i * 4L, 1);
        }
        nowNs += SECOND;
        burst();
        final int learned = 40 * 32 + 2 * BootClock.STEP_READS - 40;
        assertThat(recorder.sequence().orElseThrow().pageCount()).isEqualTo(learned);
        assertThat(recorder.sequence().orElseThrow().overlap(0, BURST_PAGE)).isEqualTo(learned);
    }

    @Test
    void shouldLearnNothingOfAClientThatBeginsWithABurst() {
        burst();
        assertThat(finished).containsExactly(recorder);
        assertThat(recorder.sequence()).isEmpty();
    }

    @Test
    void shouldLearnNothingOfABurstAtOneInstantBehindAProbe() {
        read(0, 1);
        nowNs += 18 * SECOND;
        for (int i = 0; finished.isEmpty(); i++) {
            read(BURST_PAGE + i * 4L, 1);
            assertThat(i).isLessThanOrEqualTo(BootClock.BURST_READS);
        }
        assertThat(recorder.sequence()).isEmpty();
    }

    @Test
    void shouldStopAtTheBudget() {
        final Recorder small = new Recorder(100_000, finished::add);
        long page = 0;
        while (finished.isEmpty()) {
            small.onRead(page % 90_000, 4, nowNs);
            page += 40_001; // no stream
        }
        assertThat(small.sequence().orElseThrow().pageCount()).isGreaterThanOrEqualTo(16_384);
        assertThat(page / 40_001).isEqualTo(4096);
    }

    /** Single pages at 200,000 reads a second, until that ends the boot. */
    private void burst() {
        for (int i = 0; finished.isEmpty(); i++) {
            read(BURST_PAGE + i * 4L, 1);
            nowNs += 5000;
            assertThat(i).isLessThan(2 * BootClock.BURST_READS);
        }
    }

    private void boot() {
        for (int i = 0; i < 40; i++) {
            read(10_000 + i * 2000L, 32);
        }
    }

    private void read(long pageIndex, int pageCount) {
        recorder.onRead(pageIndex, pageCount, nowNs);
    }

    private static List<String> entries(Sequence sequence) {
        final List<String> entries = new ArrayList<>();
        for (int i = 0; i < sequence.entryCount(); i++) {
            entries.add(sequence.pageIndex(i) + "+" + sequence.pageCount(i) + "@" + sequence.startUs(i));
        }
        return entries;
    }

    @Test
    void shouldKeepItsEntriesUntilTheAgentAndTheOneWhoStoresThemAreDone() {
        recorder.onRead(0, 8, 0);
        recorder.onRead(100, 8, 1);
        recorder.close();
        recorder.close();
        recorder.sequence();
        recorder.release();
        assertThatThrownBy(recorder::sequence).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
