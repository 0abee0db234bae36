package io.varve.daemon.boot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Makes one order of reading of several boots. The rules, with their reasons:
 *
 * <ul>
 *   <li>A boot that is {@code age} boots older than the newest one weighs 0.7^age. The support of a page is the weight
 *       of the boots that read it, as a share of all weights.
 *   <li>From three boots on, a page stays whose support is at least one half, or which a boot read in its first two
 *       seconds: the firmware and the loader wait for each of those. Before, every page stays: nothing tells noise.
 *   <li>The rank of a page in a boot is the share of the boot's pages that were read before it. Pages come in the
 *       order of the median of their ranks, so that one boot in another order moves nothing; equal ones by page.
 * </ul>
 *
 * <p>Immutable.
 */
final class Merger {

    private static final double DECAY = 0.7;
    private static final double LEAST_SUPPORT = 0.5;
    private static final int LEAST_BOOTS = 3;
    private static final int EARLY_US = 2_000_000;
    /** Sums of weights in another order differ by less. */
    private static final double ROUNDING = 1e-9;

    private static final Comparator<Range> BY_RANK =
            Comparator.comparingDouble(Range::rank).thenComparingLong(Range::pageIndex);

    private Merger() {}

    /**
     * Pages that every boot read as a whole, or not at all. Immutable.
     *
     * @param pageIndex first page in the virtual disk
     * @param pageCount 1 to {@link Sequence#MAX_ENTRY_PAGES}
     * @param rank      median of those in the boots that read it, from 0 to below 1
     * @param support   above 0 to 1
     */
    record Range(long pageIndex, int pageCount, double rank, double support) {}

    /**
     * What is known from boots, in the order of reading.
     *
     * @param newestFirst at least one
     * @param maxPages    what comes behind them is cut off
     */
    static List<Range> ranges(List<Sequence> newestFirst, int maxPages) {
        final List<Range> kept = new ArrayList<>();
        final Sweep sweep = new Sweep(newestFirst);
        final long[] borders = borders(newestFirst);
        for (int i = 0; i + 1 < borders.length; i++) {
            final Range range = sweep.range(borders[i], (int) Math.min(Integer.MAX_VALUE, borders[i + 1] - borders[i]));
            if (range != null) {
                kept.add(range);
            }
        }
        kept.sort(BY_RANK);
        return cut(kept, maxPages);
    }

    /** The same, to be read ahead: with times, which are those of the newest boot, and with pages that come along. */
    static Sequence sequence(List<Sequence> newestFirst, int maxPages) {
        final Sequence newest = newestFirst.get(0);
        final SequenceBuilder builder = SequenceBuilder.toReadAhead(maxPages);
        for (final Range range : ranges(newestFirst, maxPages)) {
            final int pages = Math.min(newest.pageCount() - 1, (int) (range.rank * newest.pageCount()));
            builder.add(range.pageIndex, range.pageCount, newest.startUsAfter(pages));
        }
        return builder.build();
    }

    private static List<Range> cut(List<Range> ordered, int maxPages) {
        int pages = 0;
        for (int i = 0; i < ordered.size(); i++) {
            pages += ordered.get(i).pageCount;
            if (pages > maxPages) {
                return ordered.subList(0, i);
            }
        }
        return ordered;
    }

    /** Where an entry of any boot begins or ends, ascending. */
    private static long[] borders(List<Sequence> boots) {
        return boots.stream()
                .flatMapToLong(boot -> LongStream.range(0, boot.entryCount()).flatMap(entry -> LongStream.of(
                        boot.pageIndex((int) entry), boot.pageIndex((int) entry) + boot.pageCount((int) entry))))
                .sorted()
                .distinct()
                .toArray();
    }

    /** Goes over all boots at once, in the order of pages. Owned by the thread that merges. */
    private static final class Sweep {

        private final List<Sequence> boots;
        /** By boot: position, in the order of pages, of the entry that has the page or comes next. */
        private final int[] positions;
        private final double[] ranks;
        private final double weights;

        Sweep(List<Sequence> newestFirst) {
            boots = newestFirst;
            positions = new int[boots.size()];
            ranks = new double[boots.size()];
            double sum = 0;
            for (int age = 0; age < boots.size(); age++) {
                sum += Math.pow(DECAY, age);
            }
            weights = sum;
        }

        /** @return null if it does not stay */
        Range range(long pageIndex, int pageCount) {
            int readers = 0;
            double weight = 0;
            boolean early = false;
            for (int age = 0; age < boots.size(); age++) {
                final Sequence boot = boots.get(age);
                final int entry = entryWith(boot, age, pageIndex);
                if (entry >= 0) {
                    final long before = boot.pagesBefore(entry) + pageIndex - boot.pageIndex(entry);
                    ranks[readers++] = (double) before / boot.pageCount();
                    weight += Math.pow(DECAY, age);
                    early |= boot.startUs(entry) < EARLY_US;
                }
            }
            final double support = weight / weights;
            final boolean stays = boots.size() < LEAST_BOOTS || early || support >= LEAST_SUPPORT - ROUNDING;
            return readers > 0 && stays ? new Range(pageIndex, pageCount, median(readers), support) : null;
        }

        private int entryWith(Sequence boot, int age, long pageIndex) {
            while (positions[age] < boot.entryCount()) {
                final int entry = boot.entryAtRank(positions[age]);
                if (boot.pageIndex(entry) > pageIndex) {
                    return -1;
                }
                if (pageIndex < boot.pageIndex(entry) + boot.pageCount(entry)) {
                    return entry;
                }
                positions[age]++;
            }
            return -1;
        }

        private double median(int count) {
            Arrays.sort(ranks, 0, count);
            return (ranks[(count - 1) / 2] + ranks[count / 2]) / 2;
        }
    }
}
