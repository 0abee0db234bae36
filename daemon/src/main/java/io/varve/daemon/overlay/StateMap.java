package io.varve.daemon.overlay;

import java.util.Arrays;

/**
 * Two bits of state for every page of a disk, in regions of 16384 pages: 4 KiB of bits for 64 MiB of disk. A region
 * that nobody touched, and one that was zeroed as a whole, costs only its number. A region that was loaded as runs
 * stays so until it is changed.
 *
 * <p>Design note: a {@link StateSnapshot} shares the bits of regions with the map until the map changes them, because a
 * checkpoint must see one instant while the client goes on writing, and copying the whole map would stop the agent for
 * milliseconds on a large disk. So a region is copied at most once per checkpoint.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class StateMap {

    static final int REGION_SHIFT = 14;
    static final int REGION_PAGES = 1 << REGION_SHIFT;
    static final int WORD_COUNT = REGION_PAGES * 2 / Long.SIZE;
    /** In place of the number of a cell. */
    static final int ALL_ABSENT = 0;
    static final int ALL_ZERO = -1;
    /** This, and below it: the first, second ... region of the runs. */
    static final int FIRST_RUNS = -2;

    private static final int WORD_SHIFT = 5;
    private static final int PAGES_PER_WORD = 1 << WORD_SHIFT;
    private static final int WORD_MASK = WORD_COUNT - 1;
    private static final long LOW_BITS = 0x5555_5555_5555_5555L;

    private final long pageCount;
    private final RegionCells cells = new RegionCells();
    /** Of regions as they were loaded; nothing is added later. */
    private final RegionRuns runs = new RegionRuns();
    /** The cell with the bits of each region, or its number among the runs, or what all its pages are. */
    private final int[] regions;
    /** One bit per region whose cell a snapshot may have too. */
    private final long[] shared;
    /** Cells that only snapshots have. */
    private int[] retired = new int[0];
    private int retiredCount;
    private int snapshotCount;
    private int storedRegionCount;
    private long presentPageCount;

    StateMap(long pageCount) {
        this.pageCount = pageCount;
        regions = new int[regionCount(pageCount)];
        shared = new long[(regions.length + Long.SIZE - 1) / Long.SIZE];
    }

    static int regionCount(long pageCount) {
        return (int) ((pageCount + REGION_PAGES - 1) >>> REGION_SHIFT);
    }

    /** A word of which all pages are in a state. */
    static long pattern(int state) {
        return LOW_BITS * state;
    }

    long pageCount() {
        return pageCount;
    }

    /** Regions of which a checkpoint must store more than what they are as a whole. */
    int storedRegionCount() {
        return storedRegionCount;
    }

    /** Pages that are PRESENT. */
    long presentPageCount() {
        return presentPageCount;
    }

    int state(long pageIndex) {
        int cell = regions[(int) (pageIndex >>> REGION_SHIFT)];
        if (cell <= 0) {
            return isRuns(cell) ? runs.state(FIRST_RUNS - cell, inRegion(pageIndex)) : stateOfAll(cell);
        }
        return (int) (cells.word(cell, (int) (pageIndex >>> WORD_SHIFT) & WORD_MASK) >>> (pageIndex << 1)) & 3;
    }

    private static boolean isRuns(int cell) {
        return cell <= FIRST_RUNS;
    }

    private static int inRegion(long pageIndex) {
        return (int) pageIndex & REGION_PAGES - 1;
    }

    private static int stateOfAll(int cell) {
        return cell == ALL_ABSENT ? Overlay.ABSENT : Overlay.ZERO;
    }

    /** Consecutive pages from {@code pageIndex} on that share its state; 1 to {@code maxPageCount}. */
    long runLength(long pageIndex, long maxPageCount) {
        int state = state(pageIndex);
        long end = pageIndex + Math.min(maxPageCount, pageCount - pageIndex);
        long page = pageIndex;
        while (page < end) {
            int region = (int) (page >>> REGION_SHIFT);
            long regionEnd = Math.min(end, region + 1L << REGION_SHIFT);
            page = endOfRun(regions[region], state, page, regionEnd);
            if (page < regionEnd) {
                break;
            }
        }
        return page - pageIndex;
    }

    private long endOfRun(int cell, int state, long from, long to) {
        if (cell > 0) {
            return endInBits(cell, pattern(state), from, to);
        }
        if (!isRuns(cell)) {
            return state == stateOfAll(cell) ? to : from;
        }
        int region = FIRST_RUNS - cell;
        return state == runs.state(region, inRegion(from))
                ? Math.min(to, (from & -REGION_PAGES) + runs.endOfRun(region, inRegion(from)))
                : from;
    }

    private long endInBits(int cell, long pattern, long from, long to) {
        int word = (int) (from >>> WORD_SHIFT) & WORD_MASK;
        long wordStart = from & -PAGES_PER_WORD;
        long different = (cells.word(cell, word) ^ pattern) & -1L << (from << 1);
        while (different == 0) {
            wordStart += PAGES_PER_WORD;
            if (wordStart >= to) {
                return to;
            }
            different = cells.word(cell, ++word) ^ pattern;
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
                presentPageCount -= presentPages(region);
                put(region, ALL_ZERO);
            } else {
                fill(writableCell(region), page, regionEnd, pattern(state));
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
        return isStored(regions[region]) ? 0 : 1;
    }

    private static boolean isStored(int cell) {
        return cell > 0 || isRuns(cell);
    }

    /** What the map says now, unchanging until {@link #release}. */
    StateSnapshot snapshot() {
        Arrays.fill(shared, -1L);
        snapshotCount++;
        return new StateSnapshot(pageCount, regions.clone(), cells.view(), runs);
    }

    /** Nobody reads one of the snapshots any more. */
    void release() {
        if (--snapshotCount == 0) {
            Arrays.fill(shared, 0L);
            while (retiredCount > 0) {
                cells.give(retired[--retiredCount]);
            }
        }
    }

    /** Where a map that is loaded puts the bits. */
    RegionCells cells() {
        return cells;
    }

    /** Where a map that is loaded puts the runs. */
    RegionRuns runs() {
        return runs;
    }

    /**
     * Takes over a region while a map is loaded.
     *
     * @param cell         with its bits, or {@link #FIRST_RUNS} minus its number, or what all its pages are
     * @param presentPages of them
     */
    void load(int region, int cell, int presentPages) {
        put(region, cell);
        presentPageCount += presentPages;
    }

    private int presentPages(int region) {
        int cell = regions[region];
        if (isRuns(cell)) {
            return runs.count(FIRST_RUNS - cell, Overlay.PRESENT);
        }
        int count = 0;
        for (int word = 0; cell > 0 && word < WORD_COUNT; word++) {
            count += presentPages(cells.word(cell, word));
        }
        return count;
    }

    /** Of the two bits of a state only {@link Overlay#PRESENT} has the low one. */
    private static int presentPages(long word) {
        return Long.bitCount(word & LOW_BITS);
    }

    private void put(int region, int cell) {
        int before = regions[region];
        storedRegionCount += (isStored(cell) ? 1 : 0) - (isStored(before) ? 1 : 0);
        if (before > 0) {
            drop(region, before);
        }
        regions[region] = cell;
        shared[region >>> 6] &= ~(1L << region);
    }

    private void drop(int region, int cell) {
        if (!isShared(region)) {
            cells.give(cell);
            return;
        }
        if (retiredCount == retired.length) {
            retired = Arrays.copyOf(retired, Math.max(RegionCells.SLAB_CELLS, 2 * retiredCount));
        }
        retired[retiredCount++] = cell;
    }

    private boolean isShared(int region) {
        return (shared[region >>> 6] & 1L << region) != 0;
    }

    private int writableCell(int region) {
        int cell = regions[region];
        if (cell > 0 && !isShared(region)) {
            return cell;
        }
        int fresh = cells.take();
        if (cell > 0) {
            cells.copy(cell, fresh);
        } else if (isRuns(cell)) {
            expand(FIRST_RUNS - cell, fresh);
        } else {
            cells.fill(fresh, (byte) pattern(stateOfAll(cell)));
        }
        put(region, fresh);
        return fresh;
    }

    private void expand(int region, int cell) {
        cells.fill(cell, (byte) pattern(Overlay.ABSENT));
        int page = 0;
        while (page < REGION_PAGES) {
            int end = runs.endOfRun(region, page);
            if (runs.state(region, page) != Overlay.ABSENT) {
                write(cell, page, end, pattern(runs.state(region, page)));
            }
            page = end;
        }
    }

    private void fill(int cell, long page, long end, long pattern) {
        presentPageCount += write(cell, page, end, pattern);
    }

    /** @return how many pages more are PRESENT */
    private int write(int cell, long page, long end, long pattern) {
        int first = (int) (page >>> WORD_SHIFT) & WORD_MASK;
        int last = (int) (end - 1 >>> WORD_SHIFT) & WORD_MASK;
        int more = 0;
        for (int word = first; word <= last; word++) {
            long mask = (word == first ? -1L << (page << 1) : -1L)
                    & (word == last ? -1L >>> -(end << 1) : -1L);
            long before = cells.word(cell, word);
            long after = before & ~mask | pattern & mask;
            cells.word(cell, word, after);
            more += presentPages(after) - presentPages(before);
        }
        return more;
    }

    /** Pages in a state; looks at every word that is stored. */
    long count(int state) {
        long count = 0;
        long[] words = new long[WORD_COUNT];
        for (int region = 0; region < regions.length; region++) {
            int cell = regions[region];
            long pages = Math.min(REGION_PAGES, pageCount - firstPage(region));
            // Behind the end of the disk every page is ABSENT.
            long behind = state == Overlay.ABSENT ? REGION_PAGES - pages : 0;
            if (cell > 0) {
                cells.copy(cell, words);
                count += count(words, pattern(state)) - behind;
            } else if (isRuns(cell)) {
                count += runs.count(FIRST_RUNS - cell, state) - behind;
            } else {
                count += state == stateOfAll(cell) ? pages : 0;
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
