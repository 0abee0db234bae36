package io.varve.daemon.boot;

import java.util.Arrays;

/**
 * The pages of a disk that were seen already. Bits for a region of 128 MiB are taken from a fixed pool at the first
 * touch of the region, because a plain bitmap of a large disk costs more memory than a boot is worth, and an agent
 * must not allocate.
 *
 * <p>Owned by the agent of the disk.
 */
final class TouchedPages {

    private static final int REGION_SHIFT = 15;
    private static final int REGION_WORDS = 1 << (REGION_SHIFT - 6);
    /** Regions that can be touched: 32 GiB of a disk, 1 MiB of memory. */
    static final int MAX_REGIONS = 256;

    private static final int UNTOUCHED = -1;

    private final int[] slots;
    private final long[] words;
    private final int capacity;
    private int used;

    /** @param pageCount of the disk */
    TouchedPages(long pageCount) {
        slots = new int[Math.toIntExact((pageCount >>> REGION_SHIFT) + 1)];
        Arrays.fill(slots, UNTOUCHED);
        capacity = Math.min(slots.length, MAX_REGIONS);
        words = new long[capacity * REGION_WORDS];
    }

    /** Whether the page is seen for the first time. A page that there is no room to remember is not. */
    boolean add(long pageIndex) {
        final int region = (int) (pageIndex >>> REGION_SHIFT);
        int slot = slots[region];
        if (slot == UNTOUCHED) {
            if (used == capacity) {
                return false;
            }
            slot = used++;
            slots[region] = slot;
        }
        final int word = slot * REGION_WORDS + ((int) (pageIndex >>> 6) & (REGION_WORDS - 1));
        final long bit = 1L << pageIndex;
        final boolean first = (words[word] & bit) == 0;
        words[word] |= bit;
        return first;
    }

    /** Forgets a page that was added. */
    void remove(long pageIndex) {
        final int slot = slots[(int) (pageIndex >>> REGION_SHIFT)];
        words[slot * REGION_WORDS + ((int) (pageIndex >>> 6) & (REGION_WORDS - 1))] &= ~(1L << pageIndex);
    }
}
