package io.varve.daemon.overlay;

import java.util.Arrays;

/**
 * Two bits of state for every page of a disk, in regions of 16384 pages: 4 KiB of bits for 64 MiB of disk. A region
 * that nobody touched, and one that was zeroed as a whole, costs only its reference.
 *
 * <p>Design note: regions are arrays on the heap that a {@link StateSnapshot} shares with the map until the map
 * changes them, because a checkpoint must see one instant while the client goes on writing, and copying the whole map
 * would stop the agent for milliseconds on a large disk. So a change allocates at most once per region and
 * checkpoint.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class StateMap {

    static final int REGION_SHIFT = 14;
    static final int REGION_PAGES = 1 << REGION_SHIFT;
    static final int WORD_COUNT = REGION_PAGES * 2 / Long.SIZE;
    /** Shared by all regions in which every page is ZERO; never written. */
    static final long[] ZERO_REGION = zeroRegion();

    private static final int WORD_SHIFT = 5;
    private static final int PAGES_PER_WORD = 1 << WORD_SHIFT;
    private static final int WORD_MASK = WORD_COUNT - 1;
    private static final long LOW_BITS = 0x5555_5555_5555_5555L;

    private final long pageCount;
    /** Null where every page is ABSENT. */
    private final long[][] regions;
    /** One bit per region whose array is shared with nobody. */
    private final long[] writable;
    private int storedRegionCount;

    StateMap(long pageCount) {
        this.pageCount = pageCount;
        regions = new long[regionCount(pageCount)][];
        writable = new long[(regions.length + Long.SIZE - 1) / Long.SIZE];
    }

    static int regionCount(long pageCount) {
        return (int) ((pageCount + REGION_PAGES - 1) >>> REGION_SHIFT);
    }

    private static long[] zeroRegion() {
        long[] words = new long[WORD_COUNT];
        Arrays.fill(words, pattern(Overlay.ZERO));
        return words;
    }

    private static long pattern(int state) {
        return LOW_BITS * state;
    }

    long pageCount() {
        return pageCount;
    }

    /** Regions that a checkpoint must store bit by bit. */
    int storedRegionCount() {
        return storedRegionCount;
    }

    int state(long pageIndex) {
        long[] words = regions[(int) (pageIndex >>> REGION_SHIFT)];
        if (words == null) {
            return Overlay.ABSENT;
        }
        return (int) (words[(int) (pageIndex >>> WORD_SHIFT) & WORD_MASK] >>> (pageIndex << 1)) & 3;
    }

    /** Consecutive pages from {@code pageIndex} on that share its state; 1 to {@code maxPageCount}. */
    long runLength(long pageIndex, long maxPageCount) {
        int state = state(pageIndex);
        long pattern = pattern(state);
        long end = pageIndex + Math.min(maxPageCount, pageCount - pageIndex);
        long page = pageIndex;
        while (page < end) {
            int region = (int) (page >>> REGION_SHIFT);
            long regionEnd = Math.min(end, region + 1L << REGION_SHIFT);
            long[] words = regions[region];
            if (words == null || words == ZERO_REGION) {
                if (state != (words == null ? Overlay.ABSENT : Overlay.ZERO)) {
                    break;
                }
                page = regionEnd;
                continue;
            }
            page = endOfRun(words, pattern, page, regionEnd);
            if (page < regionEnd) {
                break;
            }
        }
        return page - pageIndex;
    }

    private static long endOfRun(long[] words, long pattern, long from, long to) {
        int word = (int) (from >>> WORD_SHIFT) & WORD_MASK;
        long wordStart = from & -PAGES_PER_WORD;
        long different = (words[word] ^ pattern) & -1L << (from << 1);
        while (different == 0) {
            wordStart += PAGES_PER_WORD;
            if (wordStart >= to) {
                return to;
            }
            different = words[++word] ^ pattern;
        }
        return Math.min(to, wordStart + (Long.numberOfTrailingZeros(different) >>> 1));
    }

    /** @param pages at least 1 */
    void set(long pageIndex, long pages, int state) {
        long end = pageIndex + pages;
        long page = pageIndex;
        while (page < end) {
            int region = (int) (page >>> REGION_SHIFT);
            long regionEnd = Math.min(end, region + 1L << REGION_SHIFT);
            if (state == Overlay.ZERO && regionEnd - page == REGION_PAGES) {
                putRegion(region, ZERO_REGION);
            } else {
                fill(writableRegion(region), page, regionEnd, pattern(state));
            }
            page = regionEnd;
        }
    }

    /** How many more regions {@link #set} on this range could make {@link #storedRegionCount()}; never too few. */
    int growthOfSet(long pageIndex, long pages, int state) {
        int first = (int) (pageIndex >>> REGION_SHIFT);
        int last = (int) (pageIndex + pages - 1 >>> REGION_SHIFT);
        if (state == Overlay.ZERO && last - first > 1) {
            return notStored(first) + notStored(last);
        }
        int growth = 0;
        for (int region = first; region <= last; region++) {
            growth += notStored(region);
        }
        return growth;
    }

    private int notStored(int region) {
        return regions[region] == null || regions[region] == ZERO_REGION ? 1 : 0;
    }

    /** What the map says now, unchanging. */
    StateSnapshot snapshot() {
        Arrays.fill(writable, 0L);
        return new StateSnapshot(pageCount, regions.clone());
    }

    /** Takes over a region while a map is loaded. */
    void putRegion(int region, long[] words) {
        storedRegionCount += notStored(region);
        regions[region] = words;
        storedRegionCount -= notStored(region);
        writable[region >>> 6] &= ~(1L << region);
    }

    private long[] writableRegion(int region) {
        long[] words = regions[region];
        if (words == null) {
            words = new long[WORD_COUNT];
        } else if ((writable[region >>> 6] & 1L << region) != 0) {
            return words;
        } else {
            words = words.clone();
        }
        putRegion(region, words);
        writable[region >>> 6] |= 1L << region;
        return words;
    }

    private static void fill(long[] words, long page, long end, long pattern) {
        int first = (int) (page >>> WORD_SHIFT) & WORD_MASK;
        int last = (int) (end - 1 >>> WORD_SHIFT) & WORD_MASK;
        for (int word = first; word <= last; word++) {
            long mask = (word == first ? -1L << (page << 1) : -1L)
                    & (word == last ? -1L >>> -(end << 1) : -1L);
            words[word] = words[word] & ~mask | pattern & mask;
        }
    }

    /** Pages in a state; looks at every word that is stored. */
    long count(int state) {
        long count = 0;
        for (int region = 0; region < regions.length; region++) {
            long[] words = regions[region];
            long pages = Math.min(REGION_PAGES, pageCount - firstPage(region));
            if (words == null || words == ZERO_REGION) {
                count += state == (words == null ? Overlay.ABSENT : Overlay.ZERO) ? pages : 0;
            } else {
                // Behind the end of the disk every page is ABSENT.
                count += count(words, pattern(state)) - (state == Overlay.ABSENT ? REGION_PAGES - pages : 0);
            }
        }
        return count;
    }

    private static long count(long[] words, long pattern) {
        long count = 0;
        for (long word : words) {
            long different = word ^ pattern;
            count += Long.bitCount(~(different | different >>> 1) & LOW_BITS);
        }
        return count;
    }

    private static long firstPage(int region) {
        return (long) region << REGION_SHIFT;
    }
}
