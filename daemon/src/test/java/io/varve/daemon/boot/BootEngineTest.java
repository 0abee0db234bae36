package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.IOException;
import java.util.ArrayDeque;
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
    private long nowNs;
    private boolean timerClosed;
    private final BootEngine engine = new BootEngine(
            background::add,
            storing::add,
            new BootEngine.DelayTimer() {
                @Override
                public void after(long delayMs, Runnable task) {
                    timers.add(task);
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

    private void load(long pageIndex, int pageCount) {
        assertThat(pageIndex + pageCount).isLessThanOrEqualTo(DISK_PAGES);
    }

    private void boot(BootTracker tracker) {
        for (int i = 0; i < 32; i++) {
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

    private static void run1(Queue<Runnable> tasks) {
        tasks.remove().run();
    }

    private static final class Slot implements SequenceSlot {

        private final String name;
        private Profile stored;
        private IOException failure;
        private int writeCount;

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
        public String imageName() {
            return name;
        }
    }
}
