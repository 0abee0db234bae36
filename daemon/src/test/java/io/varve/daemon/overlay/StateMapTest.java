package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StateMapTest {

    private static final int REGION = StateMap.REGION_PAGES;

    @Test
    void shouldAgreeWithAnArrayOfStates() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            int pageCount = 1 + random.nextInt(3 * REGION + 100);
            StateMap map = new StateMap(pageCount);
            byte[] expected = new byte[pageCount];
            for (int step = 0; step < 60; step++) {
                int page = random.nextInt(pageCount);
                int most = random.nextBoolean() ? Math.min(70, pageCount - page) : pageCount - page;
                int count = 1 + random.nextInt(most);
                int state = random.nextInt(3);
                int before = map.storedRegionCount();
                int growth = map.growthOfSet(page, count, state);
                map.set(page, count, state);
                Arrays.fill(expected, page, page + count, (byte) state);
                assertThat(map.storedRegionCount()).as("seed %d", seed).isLessThanOrEqualTo(before + growth);
            }
            requireSame(map, expected, random, "seed " + seed);
        }
    }

    private static void requireSame(StateMap map, byte[] expected, Random random, String description) {
        int[] counts = new int[3];
        for (int page = 0; page < expected.length; page++) {
            counts[expected[page]]++;
        }
        for (int state = 0; state < 3; state++) {
            assertThat(map.count(state)).as(description).isEqualTo(counts[state]);
        }
        assertThat(map.presentPageCount()).as(description).isEqualTo(counts[Overlay.PRESENT]);
        for (int i = 0; i < 300; i++) {
            int page = random.nextInt(expected.length);
            int max = 1 + random.nextInt(expected.length);
            int run = 1;
            while (run < max && page + run < expected.length && expected[page + run] == expected[page]) {
                run++;
            }
            assertThat(map.state(page)).as("%s, page %d", description, page).isEqualTo(expected[page]);
            assertThat(map.runLength(page, max)).as("%s, page %d, max %d", description, page, max).isEqualTo(run);
        }
    }

    @Test
    void shouldNotChangeASnapshotByLaterChanges() {
        StateMap map = new StateMap(2 * REGION);
        map.set(5, 1, Overlay.PRESENT);
        map.set(REGION, REGION, Overlay.ZERO);
        StateSnapshot snapshot = map.snapshot();
        map.set(6, 1, Overlay.PRESENT);
        map.set(REGION + 1, 1, Overlay.PRESENT);
        map.set(5, 1, Overlay.ZERO);
        assertThat(snapshot.isAllAbsent(0) || snapshot.isAllZero(0)).isFalse();
        assertThat(snapshot.bits(0).getLong(snapshot.offset(0), LITTLE_ENDIAN))
                .isEqualTo((long) Overlay.PRESENT << 10);
        assertThat(snapshot.isAllZero(1)).isTrue();
        assertThat(map.state(5)).isEqualTo(Overlay.ZERO);
        assertThat(map.state(REGION + 1)).isEqualTo(Overlay.PRESENT);
        assertThat(map.state(REGION + 2)).isEqualTo(Overlay.ZERO);
    }

    @Test
    void shouldUseTheCellsOfSnapshotsAgain() {
        StateMap map = new StateMap(3 * REGION);
        for (int round = 0; round < 200; round++) {
            StateSnapshot older = map.snapshot();
            map.set(round, 2 * REGION, Overlay.PRESENT);
            StateSnapshot newer = map.snapshot();
            map.set(round, 1, Overlay.ZERO);
            assertThat(older.isAllAbsent(0)).isEqualTo(round == 0);
            assertThat(newer.bits(0).getLong(newer.offset(0) + round / 32 * Long.BYTES, LITTLE_ENDIAN)
                    >>> 2 * round & 3).isEqualTo(Overlay.PRESENT);
            map.release();
            map.release();
        }
        assertThat(map.cells().take()).isLessThanOrEqualTo(RegionCells.SLAB_CELLS);
    }

    @Test
    void shouldStoreNoBitsForRegionsThatWereZeroedAsAWhole() {
        StateMap map = new StateMap(64L << 20);
        assertThat(map.growthOfSet(3, (64L << 20) - 3, Overlay.ZERO)).isLessThanOrEqualTo(2);
        map.set(3, (64L << 20) - 3, Overlay.ZERO);
        assertThat(map.storedRegionCount()).isEqualTo(1);
        assertThat(map.runLength(3, Long.MAX_VALUE)).isEqualTo((64L << 20) - 3);
        map.set(REGION, 1, Overlay.PRESENT);
        assertThat(map.storedRegionCount()).isEqualTo(2);
        map.set(REGION, REGION, Overlay.ZERO);
        assertThat(map.storedRegionCount()).isEqualTo(1);
    }

    @Test
    void shouldReachTheLastPageOfTheLargestDisk() {
        StateMap map = new StateMap(OverlayMeta.MAX_SIZE >>> 12);
        long last = map.pageCount() - 1;
        map.set(last, 1, Overlay.PRESENT);
        assertThat(map.state(last)).isEqualTo(Overlay.PRESENT);
        assertThat(map.runLength(0, Long.MAX_VALUE)).isEqualTo(last);
        assertThat(map.runLength(last, Long.MAX_VALUE)).isEqualTo(1);
    }
}
