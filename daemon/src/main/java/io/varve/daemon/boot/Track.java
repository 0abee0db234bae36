package io.varve.daemon.boot;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * One sequence that a boot may follow: how far it is loaded, and what of it the client asked for.
 *
 * <p>Owned by the agent of the disk, but for {@link #unusedPages}, for any thread.
 */
final class Track {

    final Sequence sequence;
    final ReadAhead readAhead;
    private final AtomicIntegerArray demandedPages;

    Track(Sequence sequence, PageLoader loader, Executor background) {
        this.sequence = sequence;
        this.demandedPages = new AtomicIntegerArray(sequence.entryCount());
        this.readAhead = new ReadAhead(sequence, loader, background, demandedPages);
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

    /** Pages that were loaded and not asked for. */
    long unusedPages() {
        long pages = 0;
        for (int i = 0; i < sequence.entryCount(); i++) {
            if (readAhead.loaded(i)) {
                pages += sequence.pageCount(i) - demandedPages.get(i);
            }
        }
        return pages;
    }
}
