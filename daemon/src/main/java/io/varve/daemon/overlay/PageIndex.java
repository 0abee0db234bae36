package io.varve.daemon.overlay;

import java.util.Arrays;

/**
 * A number for each of some pages of a disk. Finding one is two loads, whatever the index holds.
 *
 * <p>Design note: leaves of 64 pages behind regions of 16384, because a disk that is written everywhere then costs
 * about five bytes a page, and one that is written here and there some hundred; a hash table would cost thirty, and
 * stop its owner for milliseconds whenever it grows. Leaves are kept for reuse, so that in steady state nothing is
 * allocated.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class PageIndex {

    /** Answer of {@link #get}: the page is not in the index. */
    static final int NONE = -1;

    private static final int LEAF_SHIFT = 6;
    private static final int LEAF_PAGES = 1 << LEAF_SHIFT;
    private static final int LEAF_MASK = LEAF_PAGES - 1;
    private static final int REGION_SHIFT = 14;
    private static final int REGION_LEAVES = 1 << REGION_SHIFT - LEAF_SHIFT;
    private static final int REGION_MASK = REGION_LEAVES - 1;

    private final int[][][] regions;

    /** @param pageCount pages of the disk */
    PageIndex(long pageCount) {
        regions = new int[(int) ((pageCount + (1L << REGION_SHIFT) - 1) >>> REGION_SHIFT)][][];
    }

    int get(long pageIndex) {
        int[][] region = regions[(int) (pageIndex >>> REGION_SHIFT)];
        if (region == null) {
            return NONE;
        }
        int[] leaf = region[(int) (pageIndex >>> LEAF_SHIFT) & REGION_MASK];
        return leaf == null ? NONE : leaf[(int) pageIndex & LEAF_MASK];
    }

    /** @param number 0 or more, or {@link #NONE} to take the page out */
    void set(long pageIndex, int number) {
        int regionIndex = (int) (pageIndex >>> REGION_SHIFT);
        int[][] region = regions[regionIndex];
        if (region == null) {
            region = new int[REGION_LEAVES][];
            regions[regionIndex] = region;
        }
        int leafIndex = (int) (pageIndex >>> LEAF_SHIFT) & REGION_MASK;
        int[] leaf = region[leafIndex];
        if (leaf == null) {
            leaf = new int[LEAF_PAGES];
            Arrays.fill(leaf, NONE);
            region[leafIndex] = leaf;
        }
        leaf[(int) pageIndex & LEAF_MASK] = number;
    }

    /** First page from {@code pageIndex} on, below {@code end}, whose leaf may hold something; {@code end} if none. */
    long skipEmpty(long pageIndex, long end) {
        long page = pageIndex;
        while (page < end) {
            int[][] region = regions[(int) (page >>> REGION_SHIFT)];
            if (region == null) {
                page = (page >>> REGION_SHIFT) + 1 << REGION_SHIFT;
            } else if (region[(int) (page >>> LEAF_SHIFT) & REGION_MASK] == null) {
                page = (page >>> LEAF_SHIFT) + 1 << LEAF_SHIFT;
            } else {
                return page;
            }
        }
        return end;
    }
}
