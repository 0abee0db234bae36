package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;

/**
 * Which pages of one disk another disk has, at the same place and unchanged.
 *
 * <p>Owned by the thread that compares.
 */
@FunctionalInterface
public interface SamePages {

    /** How far from an unchanged page, in one entry, a changed one is taken to be of the same file: 64 KiB. */
    int NEIGHBOUR_PAGES = (64 << 10) >>> Pages.PAGE_SHIFT;

    /** @param pageIndex of both disks */
    boolean isSame(long pageIndex);

    /**
     * The pages of a boot that a boot of the other disk may be expected to read: those that are unchanged, and those
     * that lie beside one of them and were read with it. The order stays.
     */
    default Sequence of(Sequence boot, long otherPageCount) {
        final SequenceBuilder builder = SequenceBuilder.ofTouches();
        for (int entry = 0; entry < boot.entryCount(); entry++) {
            final int count = (int) Math.min(boot.pageCount(entry), otherPageCount - boot.pageIndex(entry));
            final int[] distances = distances(boot.pageIndex(entry), Math.max(0, count));
            int start = -1;
            for (int i = 0; i <= distances.length; i++) {
                final boolean stays = i < distances.length && distances[i] <= NEIGHBOUR_PAGES;
                if (stays && start < 0) {
                    start = i;
                } else if (!stays && start >= 0) {
                    builder.add(boot.pageIndex(entry) + start, i - start, boot.startUs(entry));
                    start = -1;
                }
            }
        }
        return builder.build();
    }

    /** Of each page to the next unchanged one in the range, 0 for those themselves. */
    private int[] distances(long pageIndex, int pageCount) {
        final int[] distances = new int[pageCount];
        int distance = Sequence.MAX_ENTRY_PAGES;
        for (int i = 0; i < pageCount; i++) {
            distance = isSame(pageIndex + i) ? 0 : distance + 1;
            distances[i] = distance;
        }
        for (int i = pageCount - 2; i >= 0; i--) {
            distances[i] = Math.min(distances[i], distances[i + 1] + 1);
        }
        return distances;
    }
}
