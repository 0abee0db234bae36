package io.varve.daemon.boot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the boots of an image have taught: up to three ways in which it boots, the one that was seen last first.
 *
 * <p>Immutable.
 */
public final class Profile {

    static final int MAX_VARIANTS = 3;
    /** Entries of all remembered boots: 16 MiB of memory. Typical boots have some thousand. */
    static final int MAX_ENTRIES = 1 << 19;

    /** A boot that is less similar to everything that is known is of another kind. */
    private static final double LEAST_SIMILARITY = 0.6;

    private final long diskPageCount;
    private final List<Variant> variants;
    private final List<Sequence> sequences;

    /**
     * @param diskPageCount pages of the disk that boots
     * @param variants      the one that was seen last first, 1 to {@link #MAX_VARIANTS}
     * @throws IllegalArgumentException if there are none or too many, too long ones, or a page is not on the disk
     */
    Profile(long diskPageCount, List<Variant> variants) {
        this.diskPageCount = diskPageCount;
        this.variants = List.copyOf(variants);
        if (variants.isEmpty() || variants.size() > MAX_VARIANTS || entryCount(variants) > MAX_ENTRIES) {
            throw new IllegalArgumentException("a profile of " + variants.size() + " variants, " + entryCount(variants)
                    + " entries");
        }
        for (final Variant variant : variants) {
            requireOnDisk(variant.sequence());
            variant.boots().forEach(this::requireOnDisk);
        }
        this.sequences = byBootCount().stream().map(Variant::sequence).toList();
    }

    private void requireOnDisk(Sequence sequence) {
        if (sequence.endPage() > diskPageCount) {
            throw new IllegalArgumentException("page " + sequence.endPage() + " of a disk of " + diskPageCount);
        }
    }

    /** Of the first boot. */
    static Profile of(Sequence boot, long diskPageCount) {
        return new Profile(diskPageCount, List.of(Variant.of(boot, Sequence.budgetPages(diskPageCount))));
    }

    /** What a boot taught. */
    enum News {
        /** Another way to boot, or the first one. */
        ANOTHER_VARIANT("another way to boot"),
        /** It was merged into what was known of its kind. */
        MERGED("merged"),
        /** What was known of its kind was of little use several times, and is learned anew from this boot on. */
        LEARNED_ANEW("learned anew"),
        /** Nothing that was not known. */
        NOTHING("nothing new");

        private final String text;

        News(String text) {
            this.text = text;
        }

        /** For people. */
        String text() {
            return text;
        }
    }

    /**
     * What is known after a boot.
     *
     * @param profile with the kind of the boot as its first variant
     * @param quality of what was known; null for a boot of a kind that was not
     */
    record Lesson(Profile profile, News news, Quality quality) {}

    static Lesson firstLesson(Sequence boot, long diskPageCount) {
        return new Lesson(of(boot, diskPageCount), News.ANOTHER_VARIANT, null);
    }

    /** @param boot on the same disk; not empty */
    Lesson learn(Sequence boot) {
        Variant nearest = null;
        double similarity = LEAST_SIMILARITY;
        for (final Variant variant : variants) {
            final double found = variant.similarity(boot);
            if (found >= similarity && (nearest == null || found > similarity)) {
                similarity = found;
                nearest = variant;
            }
        }
        final int budget = Sequence.budgetPages(diskPageCount);
        if (nearest == null) {
            return new Lesson(withFirst(Variant.of(boot, budget), null), News.ANOTHER_VARIANT, null);
        }
        final Quality quality = Quality.of(boot, Merger.ranges(nearest.boots(), budget));
        if (quality.bringsNothing()) {
            return new Lesson(withFirst(nearest.confirmed(1, quality), nearest), News.NOTHING, quality);
        }
        final List<Quality> judged = nearest.judgedWith(quality);
        if (judged.size() == Variant.MAX_QUALITIES && Quality.isPoor(judged)) {
            return new Lesson(withFirst(Variant.of(boot, budget), nearest), News.LEARNED_ANEW, quality);
        }
        return new Lesson(withFirst(nearest.with(boot, judged, budget), nearest), News.MERGED, quality);
    }

    /** With more boots that brought nothing new to the first variant. */
    Profile confirmed(int count, Quality quality) {
        return count == 0 ? this : withFirst(variants.get(0).confirmed(count, quality), variants.get(0));
    }

    /** @param replaced null: the one that was not seen for longest, if there is no room for one more */
    private Profile withFirst(Variant first, Variant replaced) {
        final List<Variant> next = new ArrayList<>(List.of(first));
        variants.stream().filter(variant -> variant != replaced).forEach(next::add);
        if (next.size() > MAX_VARIANTS) {
            next.remove(MAX_VARIANTS);
        }
        return new Profile(diskPageCount, fitting(next));
    }

    /** Forgets the oldest boots of the kind of which most are remembered, then whole kinds, until the rest fits. */
    private List<Variant> fitting(List<Variant> next) {
        while (entryCount(next) > MAX_ENTRIES) {
            int longest = 0;
            for (int i = 1; i < next.size(); i++) {
                longest = next.get(i).boots().size() > next.get(longest).boots().size() ? i : longest;
            }
            if (next.get(longest).boots().size() > 1) {
                next.set(longest, next.get(longest).shortened(Sequence.budgetPages(diskPageCount)));
            } else {
                next.remove(next.size() - 1);
            }
        }
        return next;
    }

    private static int entryCount(List<Variant> variants) {
        return variants.stream().mapToInt(Variant::entryCount).sum();
    }

    /** Pages of the disk that boots. */
    public long diskPageCount() {
        return diskPageCount;
    }

    /** The one that was seen last first. */
    List<Variant> variants() {
        return variants;
    }

    /** The one that most boots were of first; of equal ones, the one that was seen last. */
    public List<Variant> byBootCount() {
        return variants.stream().sorted(Comparator.comparingLong(Variant::bootCount).reversed()).toList();
    }

    /** Of the variants, in the order of {@link #byBootCount}; always the same list. */
    public List<Sequence> sequences() {
        return sequences;
    }

    /** Whether boots are read ahead in the same way by both: they may know of different numbers of boots. */
    boolean hasSameSequences(Profile other) {
        if (this == other) {
            return true;
        }
        boolean same = diskPageCount == other.diskPageCount && sequences.size() == other.sequences.size();
        for (int i = 0; same && i < sequences.size(); i++) {
            same = sequences.get(i).hasSameEntries(other.sequences.get(i));
        }
        return same;
    }

    /** Boots of all kinds. */
    public long bootCount() {
        return variants.stream().mapToLong(Variant::bootCount).sum();
    }

    /**
     * The same for a disk on which some pages are others.
     *
     * @param same which pages of the other disk are those of this one
     * @return empty if nothing is left
     */
    public Optional<Profile> carriedTo(long otherPageCount, SamePages same) {
        final List<Variant> carried = variants.stream()
                .flatMap(variant -> variant.carriedTo(otherPageCount, same).stream())
                .toList();
        return carried.isEmpty() ? Optional.empty() : Optional.of(new Profile(otherPageCount, carried));
    }

    @Override
    public String toString() {
        return sequences.get(0) + " of " + bootCount() + (bootCount() == 1 ? " boot, " : " boots, ")
                + variants.size() + (variants.size() == 1 ? " variant" : " variants");
    }
}
