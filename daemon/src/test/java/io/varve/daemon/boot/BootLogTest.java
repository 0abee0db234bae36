package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BootLogTest {

    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int[] LAYERS = {0, 0, 1};

    private final List<BootLog> finished = new ArrayList<>();
    private final Counts counts = new Counts();
    private final BootLog log = new BootLog(counts, () -> true, finished::add);
    private long nowNs = 5_000_000_000L;

    @Test
    void shouldSayWhenWhatAndFromWhere() {
        log.onRead(100, 600, 2, nowNs);
        nowNs += 3 * MS;
        log.onRead(7, 1, 1, nowNs);
        assertThat(texts()).containsExactly("0 us 100+600 layer 1 memory 0 us", "3000 us 7+1 layer 0 memory 0 us");
    }

    @Test
    void shouldSayHowLongTheClientWaited() {
        final long entry = log.onPark(log.onRead(100, 8, 0, nowNs), 100);
        nowNs += 2 * MS;
        log.onRead(200, 8, 0, nowNs);
        nowNs += 10 * MS;
        log.onAnswer(entry, Place.ORIGIN, nowNs);
        assertThat(texts()).containsExactly("0 us 100+8 layer 0 origin 12000 us", "2000 us 200+8 layer 0 memory 0 us");
    }

    @Test
    void shouldTellApartWhatOfAReadWasInMemory() {
        final long entry = log.onPark(log.onRead(100, 8, 2, nowNs), 103);
        nowNs += MS;
        log.onRead(300, 1, 0, nowNs);
        log.onAnswer(entry, Place.DISK, nowNs);
        assertThat(texts()).containsExactly("0 us 100+3 layer 1 memory 0 us", "0 us 103+5 layer 1 disk 1000 us",
                "1000 us 300+1 layer 0 memory 0 us");
    }

    @Test
    void shouldSayWhatNeverCame() {
        log.onPark(log.onRead(100, 8, 9, nowNs), 100);
        assertThat(texts()).containsExactly("0 us 100+8 layer -1 nowhere 0 us");
    }

    @Test
    void shouldSayWhatWasExpected() {
        counts.used = 8;
        log.onRead(100, 8, 0, nowNs);
        counts.late = 5;
        counts.used += 3;
        log.onRead(200, 8, 0, nowNs);
        counts.missed = 8;
        log.onRead(300, 8, 0, nowNs);
        log.onRead(300, 8, 0, nowNs);
        final LoggedReads reads = log.reads(LAYERS);
        assertThat(List.of(reads.prediction(0), reads.prediction(1), reads.prediction(2), reads.prediction(3)))
                .containsExactly(Prediction.USED, Prediction.LATE, Prediction.MISSED, Prediction.NONE);
    }

    @Test
    void shouldForgetAProbe() {
        final long before = log.onPark(log.onRead(1, 8, 0, nowNs), 1);
        log.onAnswer(before, Place.DISK, nowNs);
        nowNs += TimeUnit.SECONDS.toNanos(11);
        log.onRead(100, 600, 0, nowNs);
        log.onAnswer(before, Place.ORIGIN, nowNs);
        assertThat(texts()).containsExactly("0 us 100+600 layer 0 memory 0 us");
        assertThat(log.isBoot()).isTrue();
    }

    @Test
    void shouldBeOverAfterSilence() {
        log.onRead(100, 600, 0, nowNs);
        assertThat(log.finishIfIdle(nowNs + TimeUnit.SECONDS.toNanos(10))).isFalse();
        assertThat(log.finishIfIdle(nowNs + TimeUnit.SECONDS.toNanos(10) + 1)).isTrue();
        assertThat(finished).containsExactly(log);
        assertThat(log.onRead(1, 1, 0, nowNs)).isEqualTo(BootLog.NO_ENTRY);
    }

    @Test
    void shouldBeOverWithABurst() {
        log.onRead(100, 600, 0, nowNs);
        for (int i = 1; i < BootClock.BURST_READS; i++) {
            assertThat(log.onRead(i, 1, 0, nowNs)).isEqualTo(i);
        }
        assertThat(log.onRead(1, 1, 0, nowNs)).isEqualTo(BootLog.NO_ENTRY);
        assertThat(finished).containsExactly(log);
    }

    @Test
    void shouldNotTakeWaitingForSilence() {
        final long entry = log.onPark(log.onRead(100, 600, 0, nowNs), 100);
        nowNs += TimeUnit.SECONDS.toNanos(12);
        assertThat(log.finishIfIdle(nowNs)).isFalse();
        log.onRead(900, 1, 0, nowNs);
        nowNs += TimeUnit.SECONDS.toNanos(12);
        log.onAnswer(entry, Place.ORIGIN, nowNs);
        log.onRead(901, 1, 0, nowNs);
        assertThat(finished).isEmpty();
        assertThat(texts()).hasSize(3).first().isEqualTo("0 us 100+600 layer 0 origin 24000000 us");
        assertThat(log.finishIfIdle(nowNs + TimeUnit.SECONDS.toNanos(11))).isTrue();
    }

    @Test
    void shouldCountWhatThereIsNoRoomFor() {
        for (int i = 0; i < BootLog.MAX_ENTRIES + 3; i++) {
            nowNs += MS;
            log.onRead(i, 1, 0, nowNs);
        }
        final long full = log.onPark(log.onRead(1, 8, 0, nowNs), 1);
        log.onAnswer(full, Place.ORIGIN, nowNs);
        assertThat(log.reads(LAYERS).count()).isEqualTo(BootLog.MAX_ENTRIES);
        assertThat(log.reads(LAYERS).droppedCount()).isEqualTo(4);
    }

    @Test
    void shouldHoldTheLargestNumbers() {
        final long lastPage = (1L << BootLog.PAGE_BITS) - 1;
        final long entry = log.onPark(log.onRead(lastPage, 100_000, 1_000_000, nowNs), lastPage);
        log.onAnswer(entry, Place.NOWHERE, nowNs + TimeUnit.SECONDS.toNanos(1000));
        assertThat(texts()).containsExactly(
                "0 us " + lastPage + "+" + BootLog.MAX_PAGE_COUNT + " layer -1 nowhere " + BootLog.MAX_US + " us");
    }

    @Test
    void shouldNotBeginWhereTooManyAre() {
        final BootLog refused = new BootLog(counts, () -> false, finished::add);
        assertThat(refused.onRead(100, 600, 0, nowNs)).isEqualTo(BootLog.NO_ENTRY);
        assertThat(finished).containsExactly(refused);
        assertThat(refused.isBoot()).isFalse();
    }

    @Test
    void shouldIgnoreEverythingWhenClosed() {
        final long entry = log.onPark(log.onRead(100, 600, 0, nowNs), 100);
        log.close();
        log.release();
        log.onAnswer(entry, Place.ORIGIN, nowNs);
        assertThat(log.onPark(entry, 101)).isEqualTo(BootLog.NO_ENTRY);
        assertThat(log.onRead(1, 1, 0, nowNs)).isEqualTo(BootLog.NO_ENTRY);
        log.close();
        assertThat(finished).containsExactly(log);
    }

    @Test
    void shouldHaveOneForNobody() {
        assertThat(BootLog.NONE.onPark(BootLog.NONE.onRead(1, 1, 0, 1), 1)).isEqualTo(BootLog.NO_ENTRY);
        BootLog.NONE.onAnswer(0, Place.DISK, 1);
    }

    private List<String> texts() {
        final LoggedReads reads = log.reads(LAYERS);
        final List<String> texts = new ArrayList<>();
        for (int i = 0; i < reads.count(); i++) {
            texts.add(reads.timeUs(i) + " us " + reads.pageIndex(i) + "+" + reads.pageCount(i) + " layer "
                    + reads.layer(i) + " " + reads.place(i).text() + " " + reads.stallUs(i) + " us");
        }
        return texts;
    }

    /** A tracker that says what the test says. */
    private static final class Counts implements BootTracker {

        private long used;
        private long late;
        private long missed;

        @Override
        public void onRead(long pageIndex, int pageCount, long nowNs) {}

        @Override
        public long usedPages() {
            return used;
        }

        @Override
        public long latePages() {
            return late;
        }

        @Override
        public long missedPages() {
            return missed;
        }

        @Override
        public Activity activity() {
            return Activity.NONE;
        }

        @Override
        public BootCounters counters() {
            return BootCounters.ZERO;
        }

        @Override
        public void close() {}
    }
}
