package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.Arrays;
import org.agrona.collections.LongHashSet;

/**
 * Makes a sequence of touches, in their order. A range joins an earlier one of the last few if both were read at about
 * the same time and lie side by side. In a sequence to read ahead, nearly so is enough: the pages between them then
 * come along, because a few larger reads cost less than many small ones. Longer ranges are cut to the length of an
 * entry.
 *
 * <p>Owned by the thread that builds.
 */
final class SequenceBuilder {

    /** Largest gap that is read along, 64 KiB. */
    private static final int MAX_GAP_PAGES = (64 << 10) >>> Pages.PAGE_SHIFT;
    private static final int MAX_APART_US = 50_000;
    /** How many of the last entries a range may join. */
    private static final int REACH = 16;

    private final int maxGapPages;
    private final int maxPages;
    private final LongHashSet covered = new LongHashSet();
    private long[] pageIndexes = new long[1024];
    private int[] pageCounts = new int[1024];
    private int[] startUs = new int[1024];
    private int count;

    private SequenceBuilder(int maxGapPages, int maxPages) {
        this.maxGapPages = maxGapPages;
        this.maxPages = maxPages;
    }

    /** Of what a boot did: not a page more. */
    static SequenceBuilder ofTouches() {
        return new SequenceBuilder(0, Sequence.MAX_PAGES);
    }

    /** Of what is to be read ahead. @param maxPages with those that come along */
    static SequenceBuilder toReadAhead(int maxPages) {
        return new SequenceBuilder(MAX_GAP_PAGES, maxPages);
    }

    /** Adds a range; pages that an earlier one has are left out. Ranges behind the limit of a sequence are dropped. */
    void add(long pageIndex, int pageCount, int elapsedUs) {
        final long endPage = pageIndex + pageCount;
        long page = pageIndex;
        while (page < endPage && covered.size() < maxPages) {
            int length = 0;
            while (page + length < endPage
                    && length < Sequence.MAX_ENTRY_PAGES
                    && length < maxPages - covered.size()
                    && !covered.contains(page + length)) {
                length++;
            }
            if (length == 0) {
                page++;
            } else {
                if (!join(page, length, elapsedUs)) {
                    append(page, length, elapsedUs);
                }
                page += length;
            }
        }
    }

    private boolean join(long page, int length, int elapsedUs) {
        for (int i = count - 1; i >= 0 && i >= count - REACH && elapsedUs - startUs[i] <= MAX_APART_US; i--) {
            final long start = Math.min(page, pageIndexes[i]);
            final long end = Math.max(page + length, pageIndexes[i] + pageCounts[i]);
            final long gap = end - start - length - pageCounts[i];
            if (gap <= maxGapPages
                    && end - start <= Sequence.MAX_ENTRY_PAGES
                    && covered.size() + gap + length <= maxPages
                    && gapIsFree(i, page, gap)) {
                cover(start, end);
                pageIndexes[i] = start;
                pageCounts[i] = (int) (end - start);
                return true;
            }
        }
        return false;
    }

    private boolean gapIsFree(int entry, long page, long gap) {
        final long gapStart = page > pageIndexes[entry] ? page - gap : pageIndexes[entry] - gap;
        for (long i = gapStart; i < gapStart + gap; i++) {
            if (covered.contains(i)) {
                return false;
            }
        }
        return true;
    }

    private void append(long page, int length, int elapsedUs) {
        if (count == pageIndexes.length) {
            pageIndexes = Arrays.copyOf(pageIndexes, count * 2);
            pageCounts = Arrays.copyOf(pageCounts, count * 2);
            startUs = Arrays.copyOf(startUs, count * 2);
        }
        pageIndexes[count] = page;
        pageCounts[count] = length;
        startUs[count] = elapsedUs;
        count++;
        cover(page, page + length);
    }

    private void cover(long start, long end) {
        for (long page = start; page < end; page++) {
            covered.add(page);
        }
    }

    Sequence build() {
        return new Sequence(
                Arrays.copyOf(pageIndexes, count), Arrays.copyOf(pageCounts, count), Arrays.copyOf(startUs, count));
    }
}
