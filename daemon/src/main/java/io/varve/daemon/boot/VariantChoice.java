package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.List;

/**
 * Tells by the first reads of a boot which of the learned variants it is of: the one of whose beginning most of them
 * are; of equal ones, the first.
 *
 * <p>Owned by the agent of the disk.
 */
final class VariantChoice {

    /** Reads of pages that were not read before, after which is chosen. */
    static final int READS = 32;
    /** Of a variant, what counts as its beginning: 16 MiB. Later on, all systems of an image read much the same. */
    private static final int BEGINNING_PAGES = 16 << (20 - Pages.PAGE_SHIFT);

    private final Sequence[] variants;
    private final int[] matches;
    private final long[] pageIndexes = new long[READS];
    private final int[] pageCounts = new int[READS];
    private int readCount;

    /** @param variants the one that is followed meanwhile first */
    VariantChoice(List<Sequence> variants) {
        this.variants = variants.toArray(new Sequence[0]);
        this.matches = new int[this.variants.length];
    }

    /** A boot begins; what was read before was none. */
    void begin() {
        readCount = 0;
        for (int i = 0; i < matches.length; i++) {
            matches[i] = 0;
        }
    }

    /** Whether more reads are wanted. */
    boolean isOpen() {
        return variants.length > 1 && readCount < READS;
    }

    /** @return the variant that the boot is of, once, with the last of the reads; -1 before */
    int onRead(long pageIndex, int pageCount) {
        pageIndexes[readCount] = pageIndex;
        pageCounts[readCount] = pageCount;
        readCount++;
        int best = 0;
        for (int i = 0; i < variants.length; i++) {
            matches[i] += isOfBeginning(variants[i], pageIndex) ? 1 : 0;
            best = matches[i] > matches[best] ? i : best;
        }
        return readCount == READS ? best : -1;
    }

    private static boolean isOfBeginning(Sequence variant, long pageIndex) {
        final int rank = variant.rankAt(pageIndex);
        if (rank < 0) {
            return false;
        }
        final int entry = variant.entryAtRank(rank);
        return pageIndex < variant.pageIndex(entry) + variant.pageCount(entry)
                && variant.pagesBefore(entry) < BEGINNING_PAGES;
    }

    int readCount() {
        return readCount;
    }

    long pageIndex(int read) {
        return pageIndexes[read];
    }

    int pageCount(int read) {
        return pageCounts[read];
    }
}
