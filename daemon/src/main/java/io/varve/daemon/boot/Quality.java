package io.varve.daemon.boot;

/**
 * How well what was known tells a boot. Immutable.
 *
 * @param coverage  per mille of the boot's pages that were known, 0 to 1000
 * @param precision per mille of the known pages that the boot read, 0 to 1000
 */
public record Quality(int coverage, int precision) {

    static final int MAX = 1000;
    private static final int NEWS_COVERAGE = 950;
    private static final int NEWS_PRECISION = 900;
    private static final int LEAST_COVERAGE = 800;
    private static final int LEAST_PRECISION = 500;

    public Quality {
        if (coverage < 0 || coverage > MAX || precision < 0 || precision > MAX) {
            throw new IllegalArgumentException("a coverage of " + coverage + " and a precision of " + precision);
        }
    }

    /** @param known what {@link Merger#ranges} made of earlier boots */
    static Quality of(Sequence boot, Iterable<Merger.Range> known) {
        long common = 0;
        long knownPages = 0;
        for (final Merger.Range range : known) {
            common += boot.overlap(range.pageIndex(), range.pageCount());
            knownPages += range.pageCount();
        }
        return new Quality(share(common, boot.pageCount()), share(common, knownPages));
    }

    private static int share(long part, long whole) {
        return whole == 0 ? 0 : (int) (part * MAX / whole);
    }

    /** Whether such a boot brings nothing worth remembering: 95 % was known, and 90 % of what was known was read. */
    boolean bringsNothing() {
        return coverage >= NEWS_COVERAGE && precision >= NEWS_PRECISION;
    }

    /** Whether boots went so badly, on average, that what is known is of no use: under 80 %, or under 50 %. */
    static boolean isPoor(Iterable<Quality> boots) {
        int count = 0;
        long coverages = 0;
        long precisions = 0;
        for (final Quality boot : boots) {
            count++;
            coverages += boot.coverage;
            precisions += boot.precision;
        }
        return coverages < (long) LEAST_COVERAGE * count || precisions < (long) LEAST_PRECISION * count;
    }
}
