package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BootEngineTest {

    private static final long DISK_PAGES = 100_000;

    private final Queue<Runnable> background = new ArrayDeque<>();
    private final Queue<Runnable> storing = new ArrayDeque<>();
    private final Queue<Runnable> timers = new ArrayDeque<>();
    private final Counters counters = Counters.anonymous();
    private final List<Long> delays = new ArrayList<>();
    private long nowNs;
    private long loadedPages;
    private IOException loadFailure;
    private boolean timerClosed;
    private final BootEngine engine = new BootEngine(
            background::add,
            storing::add,
            new BootEngine.DelayTimer() {
                @Override
                public void after(long delayMs, Runnable task) {
                    timers.add(task);
                    delays.add(delayMs);
                }

                @Override
                public void close() {
                    timerClosed = true;
                }
            },
            () -> nowNs,
            counters);
    private final Slot slot = new Slot("image:latest");

    @Test
    void shouldLearnOnceAndReplayAfterwards() {
        final BootTracker first = open();
        assertThat(first.activity()).isEqualTo(BootTracker.Activity.RECORDING);
        boot(first);
        first.close();
        assertThat(slot.stored).as("stored by a worker, not by the agent").isNull();
        run(storing);
        assertThat(slot.stored.sequences().get(0).pageCount()).isEqualTo(1024);
        assertThat(count(Counter.BOOT_RECORDINGS)).isEqualTo(1);

        final BootTracker second = open();
        assertThat(second.activity()).isEqualTo(BootTracker.Activity.REPLAYING);
        run(background);
        boot(second);
        second.close();
        assertThat(count(Counter.BOOT_REPLAYS)).isEqualTo(1);
        assertThat(count(Counter.BOOT_USED)).as("counted by a worker, not by the agent").isZero();
        run(storing);
        assertThat(count(Counter.BOOT_USED)).isEqualTo(1024);
        assertThat(count(Counter.BOOT_PREFETCHED)).isEqualTo(1024);
        assertThat(count(Counter.BOOT_LATE) + count(Counter.BOOT_MISSED) + count(Counter.BOOT_WASTED)).isZero();
    }

    @Test
    void shouldRecordAlsoWhatItReplays() {
        boot(open(), 0);
        nowNs += TimeUnit.SECONDS.toNanos(11);
        run1(timers);
        run(storing);
        final BootTracker second = open();
        final BootTracker third = open();
        assertThat(second.activity()).isEqualTo(BootTracker.Activity.REPLAYING);
        assertThat(third.activity()).isEqualTo(BootTracker.Activity.REPLAYING);
        boot(second, 0);
        boot(second, 16);
        boot(third, 0);
        boot(third, 50);
        third.close();
        run(storing);
        assertThat(slot.stored.bootCount()).as("one of a wave").isEqualTo(1);
        second.close();
        run(storing);
        assertThat(slot.stored.bootCount()).isEqualTo(2);
        assertThat(slot.stored.sequences().get(0).overlap(47_000, 32)).isEqualTo(32);
        assertThat(slot.stored.sequences().get(0).overlap(60_000, 32)).isZero();
        assertThat(count(Counter.BOOT_RECORDINGS)).isEqualTo(2);
    }

    @Test
    void shouldWriteSeldomWhereBootsBringNothingNew() {
        final int boots = 65;
        for (int i = 0; i < boots; i++) {
            final BootTracker tracker = open();
            boot(tracker);
            tracker.close();
            run(storing);
        }
        assertThat(count(Counter.BOOT_RECORDINGS)).isEqualTo(1);
        assertThat(count(Counter.BOOT_CONFIRMATIONS)).isEqualTo(boots - 1);
        assertThat(slot.stored.bootCount()).as("nothing is lost").isEqualTo(boots);
        assertThat(slot.writeCount).as("1, 1, 2, 4, 8, 16, 32, 48, 64 confirmations").isEqualTo(9);
    }

    @Test
    void shouldReadAheadOnceForClientsThatBootTogether() {
        learn();
        final BootTracker first = open();
        run(background);
        boot(first);
        final BootTracker second = open();
        boot(second);
        assertThat(second.counters().used()).isEqualTo(1024);
        assertThat(loadedPages).isEqualTo(1024);
        first.close();
        second.close();
        run(storing);
        assertThat(count(Counter.BOOT_WAVES)).isEqualTo(1);
        assertThat(count(Counter.BOOT_REPLAYS)).isEqualTo(2);
        assertThat(count(Counter.BOOT_LARGEST_WAVE)).isEqualTo(2);
        assertThat(count(Counter.BOOT_PREFETCHED)).as("of the wave").isEqualTo(1024);
        assertThat(count(Counter.BOOT_USED)).as("of each client").isEqualTo(2048);
    }

    @Test
    void shouldKeepAWaveForTenSecondsForWhoComesLate() {
        learn();
        bootAndLeave();
        assertThat(loadedPages).isEqualTo(1024);
        bootAndLeave();
        assertThat(loadedPages).as("in the same wave").isEqualTo(1024);
        assertThat(delays).contains(Waves.LINGER_MS);
        runDue();
        bootAndLeave();
        assertThat(loadedPages).as("in another one").isEqualTo(2048);
        assertThat(count(Counter.BOOT_WAVES)).isEqualTo(2);
    }

    @Test
    void shouldNotEndAWaveThatWasJoinedAgain() {
        learn();
        bootAndLeave();
        final BootTracker late = open();
        runDue();
        bootAndLeave();
        assertThat(count(Counter.BOOT_WAVES)).isEqualTo(1);
        late.close();
    }

    @Test
    void shouldBeginAnotherWaveWhereSomethingNewWasLearnedOrReadingAheadFailed() {
        learn();
        final BootTracker old = open();
        slot.stored = TestSequences.profile(DISK_PAGES, 1, 2, 3);
        final BootTracker next = open();
        assertThat(count(Counter.BOOT_WAVES)).isEqualTo(2);
        loadFailure = new IOException("broken");
        run(background);
        final BootTracker again = open();
        assertThat(count(Counter.BOOT_WAVES)).isEqualTo(3);
        List.of(old, next, again).forEach(BootTracker::close);
        run(storing);
        assertThat(count(Counter.BOOT_FAILURES)).as("once for each wave that tried").isEqualTo(2);
    }

    @Test
    void shouldHoldWhatAWaveReadsFromUntilItIsOver() {
        learn();
        assertThat(slot.holdCount).as("nothing known: no wave").isZero();
        bootAndLeave();
        bootAndLeave();
        assertThat(slot.holdCount).as("nobody is attached, and who comes late may come").isEqualTo(1);
        runDue();
        run(background);
        assertThat(slot.holdCount).isZero();
    }

    @Test
    void shouldHoldNothingWhenItStops() {
        learn();
        bootAndLeave();
        final BootTracker attached = open();
        engine.close();
        assertThat(slot.holdCount).isEqualTo(1);
        attached.close();
        run(storing);
        assertThat(slot.holdCount).isZero();
    }

    @Test
    void shouldEndAWaveThatWaitsForLatecomersWhenItStops() {
        learn();
        bootAndLeave();
        engine.close();
        assertThat(slot.holdCount).isZero();
    }

    private void learn() {
        bootAndLeave();
        assertThat(count(Counter.BOOT_RECORDINGS)).isEqualTo(1);
        timers.clear();
    }

    private void bootAndLeave() {
        final BootTracker tracker = open();
        run(background);
        boot(tracker);
        tracker.close();
        run(storing);
    }

    @Test
    void shouldLetAnotherClientBeRecordedWhereTheFirstOneNeverBoots() {
        final BootTracker idle = open();
        idle.onRead(0, 8, nowNs);
        nowNs += BootClock.MAX_BOOT_NS;
        assertThat(open()).isSameAs(BootTracker.NONE);
        nowNs++;
        final BootTracker next = open();
        assertThat(next.activity()).isEqualTo(BootTracker.Activity.RECORDING);
        assertThat(idle.activity()).isEqualTo(BootTracker.Activity.NONE);
        run(storing);
        boot(next);
        assertThat(open()).as("the next one is recorded").isSameAs(BootTracker.NONE);
        idle.close();
        next.close();
        run(storing);
        assertThat(slot.stored.bootCount()).isEqualTo(1);
    }

    @Test
    void shouldBoundTheMemoryOfRecorders() {
        for (int i = 0; i < BootEngine.MAX_RECORDERS; i++) {
            assertThat(engine.open(new Slot("image-" + i), DISK_PAGES, this::load).activity())
                    .isEqualTo(BootTracker.Activity.RECORDING);
        }
        assertThat(open()).isSameAs(BootTracker.NONE);
    }

    @Test
    void shouldBeginWithWhatIsInherited() {
        slot.inheritance = TestSequences.profile(DISK_PAGES, 1, 2, 3);
        assertThat(open().activity()).isEqualTo(BootTracker.Activity.REPLAYING);
        assertThat(open()).as("one of a wave looks for it; the next load finds what it kept")
                .isSameAs(BootTracker.NONE);
    }

    @Test
    void shouldAdmitOneRecorderPerImage() {
        final BootTracker first = open();
        assertThat(open()).isSameAs(BootTracker.NONE);
        assertThat(engine.open(new Slot("other"), DISK_PAGES, this::load).activity())
                .isEqualTo(BootTracker.Activity.RECORDING);
        first.close();
        assertThat(open()).as("not before the first one is stored").isSameAs(BootTracker.NONE);
        run(storing);
        assertThat(open().activity()).isEqualTo(BootTracker.Activity.RECORDING);
    }

    @Test
    void shouldStoreTheBootOfAClientThatStaysAndReadsNothing() {
        boot(open());
        run1(timers);
        assertThat(storing).isEmpty();
        nowNs += TimeUnit.SECONDS.toNanos(11);
        run1(timers);
        run(storing);
        assertThat(slot.stored).isNotNull();
        assertThat(timers).isEmpty();
    }

    @Test
    void shouldLearnAnewWhereTheSequenceIsDamagedOrOfALargerDisk() {
        slot.failure = new IOException("damaged");
        assertThat(open().activity()).isEqualTo(BootTracker.Activity.RECORDING);
        assertThat(count(Counter.BOOT_FAILURES)).isEqualTo(1);
        final Slot larger = new Slot("larger");
        larger.stored = TestSequences.profile(DISK_PAGES + 1, DISK_PAGES);
        assertThat(engine.open(larger, DISK_PAGES, this::load).activity()).isEqualTo(BootTracker.Activity.RECORDING);
        assertThat(count(Counter.BOOT_FAILURES)).isEqualTo(2);
    }

    @Test
    void shouldCountARecordingThatCannotBeKeptAndTryAgain() {
        final BootTracker first = open();
        boot(first);
        slot.failure = new IOException("disk full");
        first.close();
        run(storing);
        assertThat(count(Counter.BOOT_FAILURES)).isEqualTo(1);
        slot.failure = null;
        assertThat(open().activity()).isEqualTo(BootTracker.Activity.RECORDING);
    }

    @Test
    void shouldNotTrackADiskOfAbsurdSize() {
        assertThat(engine.open(slot, Long.MAX_VALUE, this::load)).isSameAs(BootTracker.NONE);
    }

    @Test
    void shouldStopItsTimerWhenClosed() {
        engine.close();
        assertThat(timerClosed).isTrue();
    }

    private BootTracker open() {
        return engine.open(slot, DISK_PAGES, this::load);
    }

    private boolean load(List<PageRange> ranges, WaveMemory memory) throws IOException {
        assertThat(ranges).allMatch(range -> range.pageIndex() + range.pageCount() <= DISK_PAGES);
        loadedPages += ranges.stream().mapToInt(PageRange::pageCount).sum();
        if (loadFailure != null) {
            throw loadFailure;
        }
        return true;
    }

    private void boot(BootTracker tracker) {
        boot(tracker, 0);
    }

    /** @param first of its reads */
    private void boot(BootTracker tracker, int first) {
        for (int i = first; i < first + 32; i++) {
            tracker.onRead(i * 1000L, 32, nowNs);
        }
    }

    private long count(Counter counter) {
        return counters.get(counter).get();
    }

    private static void run(Queue<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    /** Those that wait now, not what they wait for next. */
    private void runDue() {
        final List<Runnable> due = List.copyOf(timers);
        timers.clear();
        due.forEach(Runnable::run);
    }

    private static void run1(Queue<Runnable> tasks) {
        tasks.remove().run();
    }

    private static final class Slot implements SequenceSlot {

        private final String name;
        private Profile stored;
        private IOException failure;
        private Profile inheritance;
        private int writeCount;
        private int holdCount;

        Slot(String name) {
            this.name = name;
        }

        @Override
        public Optional<Profile> load() throws IOException {
            if (failure != null) {
                throw failure;
            }
            return Optional.ofNullable(stored);
        }

        @Override
        public Optional<Profile> inherit() {
            return Optional.ofNullable(inheritance);
        }

        @Override
        public void update(Change change) throws IOException {
            if (failure != null) {
                throw failure;
            }
            change.after(Optional.ofNullable(stored)).ifPresent(next -> {
                stored = next;
                writeCount++;
            });
        }

        @Override
        public Closeable hold() {
            holdCount++;
            return () -> holdCount--;
        }

        @Override
        public String imageName() {
            return name;
        }
    }
}
