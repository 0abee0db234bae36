package io.varve.daemon.overlay;

import java.util.Arrays;

/**
 * A set of pages, one bit each, in regions of 16384 pages (64 MiB of disk). A region costs 2 KiB from the first page
 * that is put into it, and is kept for reuse when the set is cleared, so that marking a page allocates nothing in
 * steady state. Regions that are full as a whole cost nothing.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class PageSet {

    private static final int REGION_SHIFT = 14;
    private static final int REGION_PAGES = 1 << REGION_SHIFT;
    private static final int REGION_MASK = REGION_PAGES - 1;
    private static final int WORD_COUNT = REGION_PAGES / Long.SIZE;
    private static final int WORD_MASK = WORD_COUNT - 1;
    private static final long[] FULL = fullRegion();

    private final int regionCount;
    /** Null until the first page is put in; most overlays of clients that only read stay that way. */
    private long[][] regions;
    /** One bit per region that holds at least one page, or held it since the last clear. */
    private long[] touched;
    private long size;

    /** @param pageCount pages of the disk; members are smaller */
    PageSet(long pageCount) {
        regionCount = (int) ((pageCount + REGION_MASK) >>> REGION_SHIFT);
    }

    private static long[] fullRegion() {
        long[] words = new long[WORD_COUNT];
        Arrays.fill(words, -1L);
        return words;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Pages in the set. */
    long size() {
        return size;
    }

    boolean contains(long pageIndex) {
        if (regions == null) {
            return false;
        }
        long[] words = regions[(int) (pageIndex >>> REGION_SHIFT)];
        return words != null && (words[(int) (pageIndex >>> 6) & WORD_MASK] & 1L << pageIndex) != 0;
    }

    /** @param pageCount at least 1 */
    void add(long pageIndex, long pageCount) {
        if (regions == null) {
            regions = new long[regionCount][];
            touched = new long[(regionCount + Long.SIZE - 1) / Long.SIZE];
        }
        long end = pageIndex + pageCount;
        long page = pageIndex;
        while (page < end) {
            int region = (int) (page >>> REGION_SHIFT);
            long regionEnd = Math.min(end, region + 1L << REGION_SHIFT);
            touched[region >>> 6] |= 1L << region;
            if (regionEnd - page == REGION_PAGES) {
                size += REGION_PAGES - count(regions[region]);
                regions[region] = FULL;
            } else if (regions[region] != FULL) {
                if (regions[region] == null) {
                    regions[region] = new long[WORD_COUNT];
                }
                size += fill(regions[region], page, regionEnd, -1L);
            }
            page = regionEnd;
        }
    }

    /** @param pageCount at least 1 */
    void remove(long pageIndex, long pageCount) {
        if (size == 0) {
            return;
        }
        long end = pageIndex + pageCount;
        long page = pageIndex;
        while (page < end) {
            int region = (int) (page >>> REGION_SHIFT);
            long regionEnd = Math.min(end, region + 1L << REGION_SHIFT);
            if (regions[region] == FULL) {
                regions[region] = FULL.clone();
            }
            if (regions[region] != null) {
                size += fill(regions[region], page, regionEnd, 0L);
            }
            page = regionEnd;
        }
    }

    /** Smallest member that is not below {@code pageIndex}, or -1. */
    long next(long pageIndex) {
        if (size == 0) {
            return -1;
        }
        int region = (int) (pageIndex >>> REGION_SHIFT);
        int word = (int) (pageIndex >>> 6) & WORD_MASK;
        long mask = -1L << pageIndex;
        while ((region = nextTouched(region)) >= 0) {
            if (region != pageIndex >>> REGION_SHIFT) {
                word = 0;
                mask = -1L;
            }
            long[] words = regions[region];
            for (; word < WORD_COUNT; word++) {
                long members = words[word] & mask;
                if (members != 0) {
                    return ((long) region << REGION_SHIFT) + (word << 6) + Long.numberOfTrailingZeros(members);
                }
                mask = -1L;
            }
            region++;
        }
        return -1;
    }

    /** Consecutive members from {@code pageIndex}, a member, on; at most {@code maxPageCount}. */
    long runLength(long pageIndex, long maxPageCount) {
        long end = pageIndex + maxPageCount;
        long page = pageIndex;
        while (page < end) {
            long[] words = regions[(int) (page >>> REGION_SHIFT)];
            if (words == FULL) {
                page = (page | REGION_MASK) + 1;
                continue;
            }
            if (words == null) {
                break;
            }
            long absent = ~words[(int) (page >>> 6) & WORD_MASK] & -1L << page;
            if (absent != 0) {
                page = (page & -Long.SIZE) + Long.numberOfTrailingZeros(absent);
                break;
            }
            page = (page | Long.SIZE - 1) + 1;
        }
        return Math.min(page, end) - pageIndex;
    }

    boolean intersects(PageSet other) {
        PageSet few = size <= other.size ? this : other;
        PageSet many = few == this ? other : this;
        if (few.size == 0) {
            return false;
        }
        for (long page = few.next(0); page >= 0; page = few.next(page + 1)) {
            if (many.contains(page)) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        if (size == 0) {
            return;
        }
        for (int region = nextTouched(0); region >= 0; region = nextTouched(region + 1)) {
            if (regions[region] == FULL) {
                regions[region] = null;
            } else if (regions[region] != null) {
                Arrays.fill(regions[region], 0L);
            }
        }
        Arrays.fill(touched, 0L);
        size = 0;
    }

    private int nextTouched(int from) {
        if (from >= regionCount) {
            return -1;
        }
        int word = from >>> 6;
        long bits = touched[word] & -1L << from;
        while (bits == 0) {
            if (++word == touched.length) {
                return -1;
            }
            bits = touched[word];
        }
        return (word << 6) + Long.numberOfTrailingZeros(bits);
    }

    /** Gives the pages of one region the value of {@code pattern}; answers by how much the number of members grew. */
    private static int fill(long[] words, long page, long end, long pattern) {
        int first = (int) (page >>> 6) & WORD_MASK;
        int last = (int) (end - 1 >>> 6) & WORD_MASK;
        int growth = 0;
        for (int word = first; word <= last; word++) {
            long mask = (word == first ? -1L << page : -1L) & (word == last ? -1L >>> -end : -1L);
            long before = words[word];
            words[word] = before & ~mask | pattern & mask;
            growth += Long.bitCount(words[word]) - Long.bitCount(before);
        }
        return growth;
    }

    private static int count(long[] words) {
        if (words == null) {
            return 0;
        }
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }
}
