package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.SourceRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AheadPlanTest {

    private static final int DISK_CHUNKS = 5000;
    private static final long DISK_SIZE = DISK_CHUNKS * (long) Chunks.CHUNK_SIZE - 77;

    private final Set<Integer> here = new HashSet<>();

    private AheadPlan plan(List<SourceRange> ranges) {
        return new AheadPlan(ranges, DISK_SIZE, chunk -> !here.contains(chunk));
    }

    private static SourceRange chunks(int first, int count) {
        return RemoteFixture.chunks(first, count);
    }

    @Test
    void shouldTakeWhatIsMissingInTheOrderOfTheDisk() {
        here.add(11);
        AheadPlan plan = plan(List.of(chunks(50, 2), chunks(10, 3), new SourceRange(Chunks.position(51) + 9, 1),
                new SourceRange(DISK_SIZE - 1, 1000), new SourceRange(DISK_SIZE, 5)));

        assertThat(plan.next(false)).containsExactly(10, 12, 50, 51, DISK_CHUNKS - 1);
        assertThat(plan.next(false)).isEmpty();
        assertThat(plan(List.of()).next(true)).isEmpty();
    }

    @Test
    void shouldNotBringMoreAtOnceThanIsGood() {
        AheadPlan plan = plan(List.of(chunks(3000, 200), chunks(100, 200)));
        assertThat(plan.next(false)).hasSize(AheadPlan.MAX_BATCH_CHUNKS).contains(3000, 3199, 100, 155)
                .doesNotContain(156);
        assertThat(plan.next(false)).hasSize(144).contains(156, 299);
        assertThat(plan.next(false)).isEmpty();

        List<SourceRange> scattered = IntStream.range(0, 100).mapToObj(i -> chunks(i * 2, 1)).toList();
        AheadPlan many = plan(scattered);
        assertThat(many.next(false)).hasSize(AheadPlan.MAX_PIECES);
        assertThat(many.next(false)).hasSize(100 - AheadPlan.MAX_PIECES);
    }

    @Test
    void shouldJoinTheSmallestGapsWithinATenthMore() {
        List<SourceRange> ranges = List.of(chunks(0, 20), chunks(21, 10), chunks(33, 10), chunks(45, 1));
        // 41 chunks: 4 more; the gaps are of 1, 2 and 2.
        assertThat(plan(ranges).next(true)).hasSize(44).contains(20, 31, 32).doesNotContain(43, 44);
        assertThat(plan(ranges).next(false)).hasSize(41);
        here.add(31);
        assertThat(plan(ranges).next(true)).hasSize(44).contains(20, 43, 44).doesNotContain(32);
    }

    @Test
    void shouldCountPagesAndNotChunksAsWanted() {
        List<SourceRange> ranges = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ranges.add(new SourceRange(Chunks.position(2 * i), 4096));
        }
        assertThat(plan(ranges).next(true)).hasSize(40);
    }

    @Test
    void shouldBringEverythingOnce() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<SourceRange> ranges = new ArrayList<>();
            Set<Integer> wanted = new HashSet<>();
            here.clear();
            for (int i = 0; i < random.nextInt(200); i++) {
                here.add(random.nextInt(DISK_CHUNKS));
                long position = (long) (random.nextDouble() * DISK_SIZE);
                int most = random.nextBoolean() ? 9000 : 900_000;
                SourceRange range = new SourceRange(position, 1 + random.nextInt(most));
                ranges.add(range);
                int last = Chunks.index(Math.min(DISK_SIZE, range.end()) - 1);
                for (int chunk = Chunks.index(position); chunk <= last; chunk++) {
                    wanted.add(chunk);
                }
            }
            wanted.removeAll(here);
            boolean joins = random.nextBoolean();
            AheadPlan plan = plan(ranges);
            int chunks = 0;
            for (NavigableSet<Integer> batch = plan.next(joins); !batch.isEmpty(); batch = plan.next(joins)) {
                assertThat(batch).as("seed " + seed).doesNotContainAnyElementsOf(here);
                assertThat(batch.first()).isNotNegative();
                assertThat(batch.last()).isLessThan(DISK_CHUNKS);
                chunks += batch.size();
                here.addAll(batch);
            }
            assertThat(here).as("seed " + seed).containsAll(wanted);
            int most = joins ? wanted.size() * 11 / 10 : wanted.size();
            assertThat(chunks).as("seed " + seed).isBetween(wanted.size(), most);
        }
    }
}
