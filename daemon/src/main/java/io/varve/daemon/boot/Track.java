package io.varve.daemon.boot;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * One sequence that a boot may follow: what of it the client wants, and what of it the client asked for.
 *
 * <p>Owned by the agent of the disk, but for {@link #unusedPages}, for any thread.
 */
final class Track {

    final Sequence sequence;
    final ReadAhead.Window window;
    private final AtomicIntegerArray demandedPages;

    /** @param loader of the client's chain */
    Track(ReadAhead readAhead, PageLoader loader) {
        this.sequence = readAhead.sequence();
        this.demandedPages = new AtomicIntegerArray(sequence.entryCount());
        this.window = readAhead.open(loader, demandedPages);
    }

    /** @param newPages pages of the entry that were asked for first */
    void addDemanded(int entry, int newPages) {
        demandedPages.lazySet(entry, demandedPages.getPlain(entry) + newPages);
    }

    boolean isDemanded(int entry) {
        return demandedPages.getPlain(entry) > 0;
    }

    /**
     * Notes a read that came before this track was followed.
     *
     * @return the entry of it that is furthest along the sequence; -1 if there is none
     */
    int demandAgain(long pageIndex, int pageCount) {
        final long endPage = pageIndex + pageCount;
        int furthest = -1;
        for (int rank = Math.max(0, sequence.rankAt(pageIndex)); rank < sequence.entryCount(); rank++) {
            final int entry = sequence.entryAtRank(rank);
            final long start = sequence.pageIndex(entry);
            if (start >= endPage) {
                break;
            }
            final long pages = Math.min(endPage, start + sequence.pageCount(entry)) - Math.max(start, pageIndex);
            if (pages > 0) {
                addDemanded(entry, (int) Math.min(pages, sequence.pageCount(entry) - demandedPages.getPlain(entry)));
                furthest = Math.max(furthest, entry);
            }
        }
        return furthest;
    }

    /** Pages of entries that this client wanted, and that are loaded, by whomever, and were not asked for. */
    long unusedPages() {
        long pages = 0;
        final int end = window.reach();
        for (int i = 0; i < end; i++) {
            if (window.loaded(i)) {
                pages += sequence.pageCount(i) - demandedPages.get(i);
            }
        }
        return pages;
    }
}
