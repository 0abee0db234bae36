package io.varve.perf.boot;

import java.util.Set;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * What a client reads when it has booted: single pages anywhere, far from those of the boot, at a pace that leaves the
 * server idle in between.
 *
 * <p>Immutable.
 *
 * @param pages     indexes, in the order in which they are read
 * @param uncounted of them, the first ones, are read without a pause
 * @param paceNs    from one read to the next
 */
record IdleReads(long[] pages, int uncounted, long paceNs) {

    /**
     * A server that has read everything ahead has fetched few pages on demand, and its code for that is not compiled
     * yet; so many fetches later there is nothing to choose between it and one that has read nothing ahead.
     */
    private static final int UNCOUNTED = 500;

    /**
     * @param taken pages of boots, none of which is near
     * @param size  bytes of the disk
     * @param count of reads that count
     */
    static IdleReads around(Set<Long> taken, long size, int count, long paceNs, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Set<Long> groups = new TreeSet<>();
        taken.forEach(page -> groups.add(page / BootImage.GROUP_PAGES));
        long groupCount = size / BootTrace.PAGE_SIZE / BootImage.GROUP_PAGES;
        long[] pages = new long[(int) Math.min(UNCOUNTED + count, Math.max(1, (groupCount - groups.size()) / 2))];
        for (int i = 0; i < pages.length; i++) {
            long group = random.nextLong(groupCount);
            while (!groups.add(group)) {
                group = (group + 1) % groupCount;
            }
            pages[i] = group * BootImage.GROUP_PAGES + random.nextInt(BootImage.GROUP_PAGES);
        }
        return new IdleReads(pages, Math.min(UNCOUNTED, pages.length / 2), paceNs);
    }

    void addTo(SortedSet<Long> all) {
        for (long page : pages) {
            all.add(page);
        }
    }

    /** @param share of reads that took no longer, 0 to 1 */
    static double percentileMs(long[] sortedNs, double share) {
        int index = (int) Math.ceil(share * sortedNs.length) - 1;
        return sortedNs[Math.max(0, index)] / 1e6;
    }
}
