package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.collections.LongHashSet;

/**
 * One of the ways in which an image boots: the last boots of that kind, and what is made of them.
 *
 * <p>Immutable.
 */
public final class Variant {

    /** Boots that are remembered; of what an older one alone had, less than 6 % would be left. */
    static final int MAX_BOOTS = 8;
    /** Boots of which is remembered how well they were known. */
    static final int MAX_QUALITIES = 5;

    /** Two boots are compared by the first 256 pieces of 64 KiB that they touch. */
    private static final int FIRST_CHUNKS = 256;
    private static final int CHUNK_SHIFT = 16 - Pages.PAGE_SHIFT;

    private final List<Sequence> boots;
    private final int mergedCount;
    private final int confirmedCount;
    private final List<Quality> qualities;
    private final Sequence sequence;

    /**
     * What was kept.
     *
     * @param boots          newest first, 1 to {@link #MAX_BOOTS}
     * @param mergedCount    boots that were merged since it was learned, at least as many
     * @param confirmedCount boots that brought nothing new
     * @param qualities      newest first, at most {@link #MAX_QUALITIES}
     * @param sequence       what was made of the boots
     * @throws IllegalArgumentException if that is not so
     */
    Variant(List<Sequence> boots, int mergedCount, int confirmedCount, List<Quality> qualities, Sequence sequence) {
        this.boots = List.copyOf(boots);
        this.mergedCount = mergedCount;
        this.confirmedCount = confirmedCount;
        this.qualities = List.copyOf(qualities);
        this.sequence = sequence;
        if (boots.isEmpty() || boots.size() > MAX_BOOTS || sequence.entryCount() == 0
                || boots.stream().anyMatch(boot -> boot.entryCount() == 0)) {
            throw new IllegalArgumentException("a variant of " + boots.size() + " boots, or of empty ones");
        }
        if (mergedCount < boots.size() || confirmedCount < 0 || qualities.size() > MAX_QUALITIES) {
            throw new IllegalArgumentException("a variant of " + boots.size() + " boots, " + mergedCount + " merged, "
                    + confirmedCount + " confirmed, " + qualities.size() + " judged");
        }
    }

    /** The same, made of the boots now. @param budgetPages pages to read ahead at most */
    private Variant(
            List<Sequence> boots, int mergedCount, int confirmedCount, List<Quality> qualities, int budgetPages) {
        this(boots, mergedCount, confirmedCount, qualities, Merger.sequence(boots, budgetPages));
    }

    /** Learned anew, of one boot. */
    static Variant of(Sequence boot, int budgetPages) {
        return new Variant(List.of(boot), 1, 0, List.of(), budgetPages);
    }

    /** With a boot more; at best without the oldest one. */
    Variant with(Sequence boot, List<Quality> judged, int budgetPages) {
        final List<Sequence> next = new ArrayList<>(List.of(boot));
        next.addAll(boots.subList(0, Math.min(boots.size(), MAX_BOOTS - 1)));
        return new Variant(next, add(mergedCount, 1), confirmedCount, judged, budgetPages);
    }

    /** @param count boots that brought nothing new */
    Variant confirmed(int count, Quality quality) {
        List<Quality> judged = qualities;
        for (int i = 0; i < Math.min(count, MAX_QUALITIES); i++) {
            judged = judgedWith(judged, quality);
        }
        return new Variant(boots, mergedCount, add(confirmedCount, count), judged, sequence);
    }

    /**
     * On a disk on which some pages are others.
     *
     * @return empty if nothing is left
     */
    Optional<Variant> carriedTo(long otherPageCount, SamePages same) {
        final List<Sequence> carried = boots.stream()
                .map(boot -> same.of(boot, otherPageCount))
                .filter(boot -> boot.entryCount() > 0)
                .toList();
        return carried.isEmpty() ? Optional.empty() : Optional.of(new Variant(
                carried, mergedCount, confirmedCount, List.of(), Sequence.budgetPages(otherPageCount)));
    }

    /** Without its oldest boot. */
    Variant shortened(int budgetPages) {
        return new Variant(
                boots.subList(0, boots.size() - 1), mergedCount, confirmedCount, qualities, budgetPages);
    }

    /** What is remembered with the quality of one boot more. */
    List<Quality> judgedWith(Quality quality) {
        return judgedWith(qualities, quality);
    }

    private static List<Quality> judgedWith(List<Quality> before, Quality quality) {
        final List<Quality> next = new ArrayList<>(List.of(quality));
        next.addAll(before.subList(0, Math.min(before.size(), MAX_QUALITIES - 1)));
        return next;
    }

    private static int add(int count, int more) {
        return (int) Math.min(Integer.MAX_VALUE, (long) count + more);
    }

    /** Newest first. */
    List<Sequence> boots() {
        return boots;
    }

    /** How well the last boots were known, newest first. */
    public List<Quality> qualities() {
        return qualities;
    }

    /** Boots that it was made of since it was learned, also those that are forgotten. */
    public int mergedCount() {
        return mergedCount;
    }

    /** Boots that brought nothing new. */
    public int confirmedCount() {
        return confirmedCount;
    }

    /** How many boots were of this kind. */
    public long bootCount() {
        return (long) mergedCount + confirmedCount;
    }

    /** What is read ahead of such a boot. */
    public Sequence sequence() {
        return sequence;
    }

    /**
     * How well the boots that are remembered support each entry of {@link #sequence}, 0 to 1: the average of those of
     * its pages that a boot read.
     */
    public double[] supports() {
        final double[] supports = new double[sequence.entryCount()];
        final int[] readPages = new int[sequence.entryCount()];
        for (final Merger.Range range : Merger.ranges(boots, Sequence.MAX_PAGES)) {
            long page = range.pageIndex();
            final long endPage = page + range.pageCount();
            for (int rank = Math.max(0, sequence.rankAt(page)); rank < supports.length && page < endPage; rank++) {
                final int entry = sequence.entryAtRank(rank);
                final long start = sequence.pageIndex(entry);
                final long end = Math.min(endPage, start + sequence.pageCount(entry));
                final int pages = (int) Math.max(0, end - Math.max(start, range.pageIndex()));
                supports[entry] += range.support() * pages;
                readPages[entry] += pages;
                page = start + sequence.pageCount(entry);
            }
        }
        for (int i = 0; i < supports.length; i++) {
            supports[i] /= Math.max(1, readPages[i]);
        }
        return supports;
    }

    int entryCount() {
        return boots.stream().mapToInt(Sequence::entryCount).sum();
    }

    /** Jaccard index of what the boot and the most similar one of these read first, 0 to 1. */
    double similarity(Sequence boot) {
        final LongHashSet first = firstChunks(boot);
        double best = 0;
        for (final Sequence known : boots) {
            final LongHashSet other = firstChunks(known);
            final int sum = first.size() + other.size();
            other.retainAll(first);
            best = Math.max(best, (double) other.size() / (sum - other.size()));
        }
        return best;
    }

    private static LongHashSet firstChunks(Sequence boot) {
        final LongHashSet chunks = new LongHashSet();
        for (int i = 0; i < boot.entryCount(); i++) {
            final long end = boot.pageIndex(i) + boot.pageCount(i) - 1 >>> CHUNK_SHIFT;
            for (long chunk = boot.pageIndex(i) >>> CHUNK_SHIFT; chunk <= end; chunk++) {
                chunks.add(chunk);
                if (chunks.size() == FIRST_CHUNKS) {
                    return chunks;
                }
            }
        }
        return chunks;
    }

    @Override
    public String toString() {
        return sequence + " of " + bootCount() + (bootCount() == 1 ? " boot" : " boots");
    }
}
