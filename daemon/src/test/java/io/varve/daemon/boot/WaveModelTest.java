package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Members that come, read, jump and leave at random, beside a model that knows which entries each of them wanted: no
 * entry is loaded twice, none that nobody wanted, and in the end all that those who stay want are loaded or read.
 */
class WaveModelTest {

    private static final int ENTRIES = 400;
    private static final int ENTRY_PAGES = 32;
    private static final long STRIDE = 1000;
    private static final int MOVES = 3000;

    private final Queue<Runnable> background = new ArrayDeque<>();
    private final Set<Long> loaded = new HashSet<>();
    private final List<Member> members = new ArrayList<>();
    private final Set<Integer> everWanted = new HashSet<>();
    private ReadAhead readAhead;

    /** A client, and the model of it. */
    private static final class Member {
        private ReadAhead.Window window;
        private AtomicIntegerArray demanded;
        private boolean diskClosed;
        private int from;
        private int end;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldLoadEachWantedEntryOnce(long seed) {
        final Random random = new Random(seed);
        readAhead = new ReadAhead(sequence(), null, background::add);
        for (int move = 0; move < MOVES; move++) {
            move(random);
        }
        while (!background.isEmpty()) {
            background.remove().run();
        }
        for (final Member member : members) {
            for (int entry = member.from; entry < member.end; entry++) {
                final boolean read = member.demanded.get(entry) == ENTRY_PAGES;
                assertThat(read || member.diskClosed || readAhead.loaded(entry))
                        .as("seed %d, entry %d", seed, entry).isTrue();
            }
        }
    }

    private void move(Random random) {
        final int kind = random.nextInt(20);
        if (kind == 0 || members.isEmpty()) {
            join();
            return;
        }
        final Member member = members.get(random.nextInt(members.size()));
        if (kind == 1) {
            member.window.close();
            member.window.forget();
            members.remove(member);
        } else if (kind == 2 && random.nextInt(4) == 0) {
            member.diskClosed = true;
        } else if (kind < 5) {
            member.from = Math.min(ENTRIES - 1, member.from + random.nextInt(20));
            member.window.skipTo(member.from);
        } else if (kind < 8) {
            // The agent notes a read before or after anything else.
            member.demanded.set(random.nextInt(ENTRIES), ENTRY_PAGES);
        } else if (kind < 14) {
            final int before = member.end;
            member.end = Math.min(ENTRIES, member.end + random.nextInt(25));
            for (int entry = before; entry < member.end; entry++) {
                everWanted.add(entry);
            }
            member.window.extendTo(member.end);
        } else if (!background.isEmpty()) {
            background.remove().run();
        }
    }

    private void join() {
        final Member member = new Member();
        member.demanded = new AtomicIntegerArray(ENTRIES);
        member.window = readAhead.open((ranges, memory) -> load(member, ranges), member.demanded);
        members.add(member);
    }

    private boolean load(Member member, List<PageRange> ranges) {
        if (member.diskClosed) {
            return false;
        }
        for (final PageRange range : ranges) {
            assertThat(loaded.add(range.pageIndex())).as("loaded once: %s", range).isTrue();
            assertThat(everWanted).as("somebody wanted it").contains((int) (range.pageIndex() / STRIDE));
        }
        return true;
    }

    private static Sequence sequence() {
        final SequenceBuilder builder = SequenceBuilder.ofTouches();
        for (int i = 0; i < ENTRIES; i++) {
            builder.add(i * STRIDE, ENTRY_PAGES, i);
        }
        return builder.build();
    }
}
