package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SequenceBuilderTest {

    private final SequenceBuilder builder = SequenceBuilder.toReadAhead(Sequence.MAX_PAGES);

    @Test
    void shouldJoinNeighboursInBothDirections() {
        builder.add(100, 4, 10);
        builder.add(104, 4, 20);
        builder.add(98, 2, 30);
        assertThat(entries(builder.build())).containsExactly("98+10@10");
    }

    @Test
    void shouldReadASmallGapAlongButNotALargeOne() {
        builder.add(100, 4, 0);
        builder.add(120, 1, 0);
        builder.add(138, 1, 0);
        assertThat(entries(builder.build())).containsExactly("100+21@0", "138+1@0");
    }

    @Test
    void shouldNotJoinWhatLiesApartInTime() {
        builder.add(100, 4, 0);
        builder.add(104, 4, 50_001);
        assertThat(entries(builder.build())).containsExactly("100+4@0", "104+4@50001");
    }

    @Test
    void shouldKeepTheOrderOfFirstTouch() {
        builder.add(5000, 1, 0);
        builder.add(10, 1, 5);
        builder.add(5001, 1, 6);
        builder.add(900, 1, 7);
        assertThat(entries(builder.build())).containsExactly("5000+2@0", "10+1@5", "900+1@7");
    }

    @Test
    void shouldLeaveOutWhatIsCoveredAndCutLongRanges() {
        builder.add(0, 300, 0);
        builder.add(250, 60, 0);
        assertThat(entries(builder.build())).containsExactly("0+256@0", "256+54@0");
    }

    @Test
    void shouldStopAtTheLimitOfASequence() {
        for (int i = 0; i < Sequence.MAX_PAGES / 256 + 10; i++) {
            builder.add(i * 1000L, 256, i);
        }
        assertThat(builder.build().pageCount()).isEqualTo(Sequence.MAX_PAGES);
    }

    @Test
    void shouldCoverEveryAddedPageOnceWhateverComes() {
        for (long seed = 0; seed < 50; seed++) {
            final Random random = new Random(seed);
            final SequenceBuilder any = SequenceBuilder.toReadAhead(Sequence.MAX_PAGES);
            final Set<Long> added = new HashSet<>();
            int timeUs = 0;
            for (int i = 0; i < 300; i++) {
                timeUs += random.nextInt(random.nextInt(10) == 0 ? 100_000 : 500);
                final long page = random.nextInt(2000);
                final int count = 1 + random.nextInt(random.nextInt(20) == 0 ? 400 : 32);
                any.add(page, count, timeUs);
                for (long p = page; p < page + count; p++) {
                    added.add(p);
                }
            }
            final Sequence sequence = any.build(); // refuses overlap and disorder itself
            final Set<Long> covered = new HashSet<>();
            for (int i = 0; i < sequence.entryCount(); i++) {
                for (long p = sequence.pageIndex(i); p < sequence.pageIndex(i) + sequence.pageCount(i); p++) {
                    covered.add(p);
                }
            }
            assertThat(covered).as("seed %d", seed).containsAll(added).hasSize(sequence.pageCount());
        }
    }

    private static List<String> entries(Sequence sequence) {
        final List<String> entries = new ArrayList<>();
        for (int i = 0; i < sequence.entryCount(); i++) {
            entries.add(sequence.pageIndex(i) + "+" + sequence.pageCount(i) + "@" + sequence.startUs(i));
        }
        return entries;
    }
}
