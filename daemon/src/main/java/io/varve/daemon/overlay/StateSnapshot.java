package io.varve.daemon.overlay;

import org.agrona.DirectBuffer;

/**
 * The states of all pages at one instant, until {@link StateMap#release}.
 *
 * <p>Thread-safe because it does not change.
 */
final class StateSnapshot {

    private final long pageCount;
    private final int[] regions;
    private final RegionCells cells;
    private final RegionRuns runs;

    StateSnapshot(long pageCount, int[] regions, RegionCells cells, RegionRuns runs) {
        this.pageCount = pageCount;
        this.regions = regions;
        this.cells = cells;
        this.runs = runs;
    }

    long pageCount() {
        return pageCount;
    }

    int regionCount() {
        return regions.length;
    }

    boolean isAllAbsent(int region) {
        return regions[region] == StateMap.ALL_ABSENT;
    }

    boolean isAllZero(int region) {
        return regions[region] == StateMap.ALL_ZERO;
    }

    /** Whether {@link #runs} has the region, and it has no bits. */
    boolean isRuns(int region) {
        return regions[region] <= StateMap.FIRST_RUNS;
    }

    RegionRuns runs() {
        return runs;
    }

    /** What the region is in {@link #runs}. */
    int runsRegion(int region) {
        return StateMap.FIRST_RUNS - regions[region];
    }

    /** The bits of a region that is none of these, {@link RegionCells#CELL_LENGTH} bytes from {@link #offset} on. */
    DirectBuffer bits(int region) {
        return cells.slab(regions[region]);
    }

    int offset(int region) {
        return cells.offset(regions[region]);
    }
}
