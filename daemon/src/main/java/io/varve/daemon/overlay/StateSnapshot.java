package io.varve.daemon.overlay;

/**
 * The states of all pages at one instant.
 *
 * <p>Immutable.
 */
final class StateSnapshot {

    private final long pageCount;
    private final long[][] regions;

    StateSnapshot(long pageCount, long[][] regions) {
        this.pageCount = pageCount;
        this.regions = regions;
    }

    long pageCount() {
        return pageCount;
    }

    int regionCount() {
        return regions.length;
    }

    /** 512 words of 32 pages each, lowest page in the lowest bits; null if every page is ABSENT. Not to be changed. */
    long[] region(int region) {
        return regions[region];
    }
}
