package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.Arrays;

/**
 * The pages that a boot reads, in the order of first touch. Entries are disjoint and at most
 * {@link #MAX_ENTRY_PAGES} long, so that an entry is one step of reading ahead.
 *
 * <p>Immutable.
 */
public final class Sequence {

    /** Pages of one sequence: 512 MiB. */
    public static final int MAX_PAGES = 512 << (20 - Pages.PAGE_SHIFT);
    /** Pages of one entry: 1 MiB. */
    public static final int MAX_ENTRY_PAGES = 1 << (20 - Pages.PAGE_SHIFT);

    private static final int MIN_BUDGET_PAGES = 64 << (20 - Pages.PAGE_SHIFT);

    private final long[] pageIndexes;
    private final int[] pageCounts;
    private final int[] startUs;
    private final int[] pagesBefore;
    private final int[] byPage;
    private final long[] sortedPageIndexes;

    /**
     * Takes the arrays over; element {@code i} of each describes entry {@code i}.
     *
     * @param startUs microseconds since the first read, ascending
     * @throws IllegalArgumentException if the entries are not what the class promises
     */
    Sequence(long[] pageIndexes, int[] pageCounts, int[] startUs) {
        if (pageIndexes.length > MAX_PAGES
                || pageCounts.length != pageIndexes.length
                || startUs.length != pageIndexes.length) {
            throw new IllegalArgumentException("a sequence of " + pageIndexes.length + " entries");
        }
        this.pageIndexes = pageIndexes;
        this.pageCounts = pageCounts;
        this.startUs = startUs;
        this.pagesBefore = new int[pageIndexes.length + 1];
        this.sortedPageIndexes = pageIndexes.clone();
        Arrays.sort(sortedPageIndexes);
        this.byPage = new int[pageIndexes.length];
        for (int i = 0; i < pageIndexes.length; i++) {
            byPage[Arrays.binarySearch(sortedPageIndexes, pageIndexes[i])] = i;
        }
        checkEntries();
        checkDisjoint();
    }

    private void checkEntries() {
        int previousUs = 0;
        for (int i = 0; i < pageIndexes.length; i++) {
            if (pageIndexes[i] < 0 || pageIndexes[i] > Long.MAX_VALUE >>> Pages.PAGE_SHIFT) {
                throw new IllegalArgumentException("entry " + i + " is at page " + pageIndexes[i]);
            }
            if (pageCounts[i] < 1 || pageCounts[i] > MAX_ENTRY_PAGES) {
                throw new IllegalArgumentException("entry " + i + " has " + pageCounts[i] + " pages");
            }
            if (startUs[i] < previousUs) {
                throw new IllegalArgumentException("entry " + i + " is at " + startUs[i] + " us after " + previousUs);
            }
            previousUs = startUs[i];
            pagesBefore[i + 1] = pagesBefore[i] + pageCounts[i];
            if (pagesBefore[i + 1] > MAX_PAGES) {
                throw new IllegalArgumentException("more than " + MAX_PAGES + " pages");
            }
        }
    }

    private void checkDisjoint() {
        for (int rank = 1; rank < byPage.length; rank++) {
            // Of entries that begin with the same page, only one has a rank.
            final long start = sortedPageIndexes[rank - 1];
            if (start == sortedPageIndexes[rank]
                    || start + pageCounts[byPage[rank - 1]] > sortedPageIndexes[rank]) {
                throw new IllegalArgumentException("page " + sortedPageIndexes[rank] + " is in two entries");
            }
        }
    }

    /** Pages that are recorded or read ahead of a disk at most: a tenth of it, at least 64 MiB, at most 512 MiB. */
    public static int budgetPages(long diskPageCount) {
        return (int) Math.min(MAX_PAGES, Math.max(MIN_BUDGET_PAGES, diskPageCount / 10));
    }

    public int entryCount() {
        return pageIndexes.length;
    }

    /** First page in the virtual disk. */
    public long pageIndex(int entry) {
        return pageIndexes[entry];
    }

    /** 1 to {@link #MAX_ENTRY_PAGES}. */
    public int pageCount(int entry) {
        return pageCounts[entry];
    }

    /** Microseconds from the first read of the boot to the first touch of the entry. */
    public int startUs(int entry) {
        return startUs[entry];
    }

    /** Pages of all entries before {@code entry}, which may be {@link #entryCount}. */
    public int pagesBefore(int entry) {
        return pagesBefore[entry];
    }

    /** Pages of all entries. */
    public int pageCount() {
        return pagesBefore[pageIndexes.length];
    }

    /** Page behind the last one that any entry covers; 0 if there is no entry. */
    public long endPage() {
        if (byPage.length == 0) {
            return 0;
        }
        final int last = byPage[byPage.length - 1];
        return pageIndexes[last] + pageCounts[last];
    }

    boolean hasSameEntries(Sequence other) {
        return Arrays.equals(pageIndexes, other.pageIndexes)
                && Arrays.equals(pageCounts, other.pageCounts)
                && Arrays.equals(startUs, other.startUs);
    }

    /** Position, in the order of pages, of the last entry that starts at or before {@code pageIndex}; -1 if none. */
    int rankAt(long pageIndex) {
        final int found = Arrays.binarySearch(sortedPageIndexes, pageIndex);
        return found >= 0 ? found : -found - 2;
    }

    /** Entry at a position in the order of pages. */
    int entryAtRank(int rank) {
        return byPage[rank];
    }

    /** Pages of the range that any entry covers. */
    int overlap(long pageIndex, long pageCount) {
        final long endPage = pageIndex + pageCount;
        int pages = 0;
        for (int rank = Math.max(0, rankAt(pageIndex)); rank < byPage.length; rank++) {
            final long start = sortedPageIndexes[rank];
            if (start >= endPage) {
                break;
            }
            final long end = Math.min(endPage, start + pageCounts[byPage[rank]]);
            pages += (int) Math.max(0, end - Math.max(start, pageIndex));
        }
        return pages;
    }

    /** Microseconds at which the boot had touched so many pages before. @param pages less than {@link #pageCount()} */
    int startUsAfter(int pages) {
        final int found = Arrays.binarySearch(pagesBefore, pages);
        return startUs[found >= 0 ? found : -found - 2];
    }

    @Override
    public String toString() {
        return "sequence of " + entryCount() + " entries, " + pageCount() + " pages";
    }
}
