package io.varve.perf.macro;

import java.util.Locale;

/**
 * What a figure has to reach.
 *
 * <p>Immutable.
 *
 * @param bound which side of {@code limit} is good
 */
record Bar(Bound bound, double limit) {

    enum Bound {
        AT_LEAST,
        AT_MOST
    }

    static Bar atLeast(double limit) {
        return new Bar(Bound.AT_LEAST, limit);
    }

    static Bar atMost(double limit) {
        return new Bar(Bound.AT_MOST, limit);
    }

    boolean isReached(double figure) {
        return bound == Bound.AT_LEAST ? figure >= limit : figure <= limit;
    }

    /** For people, for example {@code at least 1.35}. */
    String text() {
        return String.format(Locale.ROOT, limit == Math.rint(limit) && limit >= 100 ? "at %s %.0f" : "at %s %.2f",
                bound == Bound.AT_LEAST ? "least" : "most", limit);
    }

    /** In the report for programs. */
    String jsonName() {
        return bound == Bound.AT_LEAST ? "atLeast" : "atMost";
    }
}
