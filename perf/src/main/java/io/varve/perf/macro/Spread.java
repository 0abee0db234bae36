package io.varve.perf.macro;

import java.util.Arrays;

/**
 * Median, lowest and highest of some rounds.
 *
 * <p>Immutable.
 */
public record Spread(double median, double lowest, double highest) {
    public static Spread of(double[] values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** The ratio of two medians, with the lowest and the highest ratio of a single round. */
    static Spread ratio(double[] dividends, double[] divisors) {
        double[] perRound = new double[dividends.length];
        Arrays.setAll(perRound, round -> dividends[round] / divisors[round]);
        Spread rounds = of(perRound);
        return new Spread(of(dividends).median / of(divisors).median, rounds.lowest, rounds.highest);
    }
}
