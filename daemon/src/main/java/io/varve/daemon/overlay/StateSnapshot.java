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

    StateSnapshot(long pageCount, int[] regions, RegionCells cells) {
        this.pageCount = pageCount;
        this.regions = regions;
        this.cells = cells;
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

    /** The bits of a region that is neither, {@link RegionCells#CELL_LENGTH} bytes from {@link #offset} on. */
    DirectBuffer bits(int region) {
        return cells.slab(regions[region]);
    }

    int offset(int region) {
        return cells.offset(regions[region]);
    }
}
