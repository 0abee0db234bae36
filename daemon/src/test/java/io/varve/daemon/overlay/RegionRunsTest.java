package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class RegionRunsTest {

    private static final long SEED = 20261121;

    private final RegionRuns runs = new RegionRuns();
    private final UnsafeBuffer encoded = Buffers.alignedDirect(MapFormat.BITS_LENGTH);

    @Test
    void shouldTurnAnyStatesIntoRunsAndBack() {
        Random random = new Random(SEED);
        for (int round = 0; round < 2000; round++) {
            StateMap states = new StateMap(StateMap.REGION_PAGES);
            int changes = 1 + random.nextInt(round % 2 == 0 ? 5 : 200);
            for (int i = 0; i < changes; i++) {
                int first = random.nextInt(StateMap.REGION_PAGES);
                int count = 1 + random.nextInt(Math.min(1 << random.nextInt(15), StateMap.REGION_PAGES - first));
                states.set(first, count, random.nextBoolean() ? Overlay.PRESENT : Overlay.ZERO);
            }
            StateSnapshot snapshot = states.snapshot();
            if (snapshot.isAllZero(0)) {
                continue;
            }
            int expected = 0;
            for (long page = 0; page < StateMap.REGION_PAGES; page += states.runLength(page, Long.MAX_VALUE)) {
                expected++;
            }
            int before = runs.regionCount();
            boolean few = runs.addBits(snapshot.bits(0), snapshot.offset(0));
            assertThat(few).as("seed %d, round %d", SEED, round).isEqualTo(expected <= RegionRuns.MAX_COUNT);
            assertThat(runs.regionCount()).isEqualTo(few ? before + 1 : before);
            if (few) {
                assertThat(runs.count(before)).isEqualTo(expected);
                assertThat(runs.count(before, Overlay.PRESENT)).isEqualTo((int) states.presentPageCount());
                requireSame(states, before, "seed " + SEED + ", round " + round);
                runs.put(before, encoded, 6);
                assertThat(runs.add(encoded, 6, expected, StateMap.REGION_PAGES)).isTrue();
                requireSame(states, before + 1, "stored, seed " + SEED + ", round " + round);
            }
        }
    }

    private void requireSame(StateMap states, int region, String where) {
        int page = 0;
        while (page < StateMap.REGION_PAGES) {
            int end = page + (int) states.runLength(page, Long.MAX_VALUE);
            assertThat(runs.state(region, page)).as(where).isEqualTo(states.state(page));
            assertThat(runs.state(region, end - 1)).as(where).isEqualTo(states.state(page));
            assertThat(runs.endOfRun(region, (page + end) / 2)).as(where).isEqualTo(end);
            page = end;
        }
    }

    @Test
    void shouldRefuseRunsThatMakeNoSense() {
        int present = Overlay.PRESENT << 14;
        int zero = Overlay.ZERO << 14;
        assertThat(add(20_000, present, zero | 9)).isTrue();
        assertThat(add(100, present, 100)).isTrue();
        assertThat(add(20_000, present | 1, 5)).as("does not begin at 0").isFalse();
        assertThat(add(20_000, present, zero)).as("empty").isFalse();
        assertThat(add(20_000, present, 7, zero | 5)).as("backwards").isFalse();
        assertThat(add(20_000, present, present | 5)).as("twice the same").isFalse();
        assertThat(add(20_000, 3 << 14)).as("no such state").isFalse();
        assertThat(add(20_000, 0, 3 << 14 | 100)).as("no such state").isFalse();
        assertThat(add(100, present, 101)).as("behind the end").isFalse();
        assertThat(add(100, present)).as("behind the end").isFalse();
        assertThat(add(100, 0, zero | 100, 101)).as("behind the end").isFalse();
        assertThat(runs.regionCount()).isEqualTo(2);
    }

    private boolean add(int pages, int... values) {
        for (int i = 0; i < values.length; i++) {
            encoded.putChar(i * RegionRuns.RUN_LENGTH, (char) values[i], LITTLE_ENDIAN);
        }
        return runs.add(encoded, 0, values.length, Math.min(pages, StateMap.REGION_PAGES));
    }
}
