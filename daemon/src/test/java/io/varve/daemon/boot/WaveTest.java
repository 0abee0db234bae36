package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WaveTest {

    private static final long DISK_PAGES = 10_000_000;
    private static final int ENTRY_PAGES = 64;
    private static final int ENTRIES = 300;
    private static final long STRIDE = 1000;

    private final Queue<Runnable> background = new ArrayDeque<>();
    private final List<Long> loads = new ArrayList<>();
    private final ReadAhead readAhead = new ReadAhead(sequence(), null, background::add);
    private IOException failure;

    @Test
    void shouldLoadEachEntryOnceHoweverManyFollow() {
        final List<Replayer> members = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            members.add(join());
        }
        for (int entry = 0; entry < ENTRIES; entry++) {
            runBackground();
            for (final Replayer member : members) {
                demand(member, entry);
            }
        }
        assertThat(loads).hasSize(ENTRIES).doesNotHaveDuplicates();
        members.forEach(member -> {
            assertThat(member.counters().used()).isEqualTo(ENTRIES * ENTRY_PAGES);
            assertThat(member.counters().prefetched()).isEqualTo(ENTRIES * ENTRY_PAGES);
        });
        assertThat(readAhead.loadedPages()).isEqualTo(ENTRIES * ENTRY_PAGES);
    }

    @Test
    void shouldLoadOnTheThreadsThatTheLoaderHas() {
        final Queue<Runnable> own = new ArrayDeque<>();
        final PageLoader far = new PageLoader() {
            @Override
            public boolean load(List<PageRange> ranges, WaveMemory shared) {
                ranges.forEach(range -> loads.add(range.pageIndex()));
                return true;
            }

            @Override
            public Executor threads(Executor usual) {
                return own::add;
            }
        };
        readAhead.open(far, new AtomicIntegerArray(ENTRIES)).extendTo(20);
        while (!own.isEmpty()) {
            own.remove().run();
        }
        assertThat(background).isEmpty();
        assertThat(loads).hasSize(20);
    }

    @Test
    void shouldAskForNothingAgainWhereALatecomerJoins() {
        final Replayer first = join();
        for (int entry = 0; entry < ENTRIES; entry++) {
            runBackground();
            demand(first, entry);
        }
        final Replayer late = join();
        for (int entry = 0; entry < ENTRIES; entry++) {
            demand(late, entry);
            assertThat(background).as("nothing to do at entry %d", entry).isEmpty();
        }
        assertThat(late.counters()).isEqualTo(first.counters());
        assertThat(late.counters().late()).isZero();
    }

    @Test
    void shouldLoadWhatComesFirstInTheSequenceFirst() {
        final Replayer first = join();
        for (int entry = 0; entry < 30; entry++) {
            demand(first, entry);
        }
        runBackground();
        final int ahead = loads.size();
        assertThat(loads.get(0)).as("what the first one read by itself is not loaded for it").isEqualTo(30 * STRIDE);
        join();
        demand(first, 30);
        runBackground();
        assertThat(loads.get(ahead)).as("the beginning, for the second one").isZero();
        assertThat(loads).doesNotHaveDuplicates();
    }

    @Test
    void shouldTakeNothingFromTheOthersWhenOneSkipsOrLeaves() {
        final Replayer staying = join();
        final Replayer skipping = join();
        final Replayer leaving = join();
        for (int entry = 200; entry < 200 + 8; entry++) {
            demand(skipping, entry);
        }
        runBackground();
        leaving.close();
        leaving.release();
        skipping.close();
        for (int entry = 0; entry < ENTRIES; entry++) {
            runBackground();
            demand(staying, entry);
        }
        assertThat(staying.counters().used()).isEqualTo(ENTRIES * ENTRY_PAGES);
        assertThat(staying.counters().late()).isZero();
        assertThat(loads).doesNotHaveDuplicates();
    }

    /** Its disk is closed while the agent has not told yet. */
    @Test
    void shouldLoadThroughAnotherMemberWhereOneIsGone() {
        final boolean[] open = {true};
        final Replayer first = join((ranges, memory) -> open[0] && load(ranges, memory));
        open[0] = false;
        join();
        runBackground();
        assertThat(loads).hasSize(Replayer.FIRST_WINDOW_PAGES / ENTRY_PAGES).doesNotHaveDuplicates();
        assertThat(loads.get(0)).isZero();
        demand(first, 0);
        assertThat(first.counters().used()).as("loaded by the other one").isEqualTo(ENTRY_PAGES);
    }

    @Test
    void shouldEndReadingAheadForAllAtAFailureAndNothingElse() {
        final Replayer first = join();
        final Replayer second = join();
        failure = new IOException("broken");
        runBackground();
        final int tried = loads.size();
        failure = null;
        for (int entry = 0; entry < 50; entry++) {
            demand(first, entry);
            demand(second, entry);
        }
        runBackground();
        assertThat(loads).hasSize(tried);
        assertThat(first.activity()).isEqualTo(BootTracker.Activity.REPLAYING);
        assertThat(second.counters().late()).isEqualTo(50 * ENTRY_PAGES);
    }

    @Test
    void shouldStopWhenTheLastMemberLeaves() {
        final Replayer first = join();
        final Replayer second = join();
        background.remove().run();
        final int loaded = loads.size();
        first.close();
        second.close();
        runBackground();
        assertThat(loads).hasSize(loaded);
    }

    private Replayer join() {
        return join(this::load);
    }

    private Replayer join(PageLoader loader) {
        final Replayer replayer = new Replayer(List.of(readAhead), null, DISK_PAGES, loader, over -> { });
        replayer.start();
        return replayer;
    }

    private boolean load(List<PageRange> ranges, WaveMemory memory) throws IOException {
        ranges.forEach(range -> loads.add(range.pageIndex()));
        if (failure != null) {
            throw failure;
        }
        return true;
    }

    private static Sequence sequence() {
        final SequenceBuilder builder = SequenceBuilder.ofTouches();
        for (int i = 0; i < ENTRIES; i++) {
            builder.add(i * STRIDE, ENTRY_PAGES, i * 250_000);
        }
        return builder.build();
    }

    private static void demand(Replayer member, int entry) {
        member.onRead(entry * STRIDE, ENTRY_PAGES, entry);
    }

    private void runBackground() {
        while (!background.isEmpty()) {
            background.remove().run();
        }
    }
}
