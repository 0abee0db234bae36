package io.varve.perf.macro;

import java.util.Locale;

/**
 * A bar: a metric of Varve, as a ratio to that of a peer, or of Varve with another workload; a ratio of the medians of
 * one run.
 *
 * <p>Immutable.
 *
 * @param other what the peer did
 * @param bound which side of {@code bar} is good
 */
record Target(Workload workload, Metric metric, Workload other, String peer, Bound bound, double bar) {

    enum Bound {
        AT_LEAST,
        AT_MOST
    }

    /** Of the same workload with a peer. */
    static Target atLeast(double bar, Workload workload, Metric metric, Contender peer) {
        return new Target(workload, metric, workload, peer.title, Bound.AT_LEAST, bar);
    }

    /** Of Varve itself with another workload. */
    static Target atLeast(double bar, Workload workload, Metric metric, Workload other) {
        return new Target(workload, metric, other, Contender.VARVE.title, Bound.AT_LEAST, bar);
    }

    static Target atMost(double bar, Workload workload, Metric metric, Contender peer) {
        return new Target(workload, metric, workload, peer.title, Bound.AT_MOST, bar);
    }

    /** Whether the run has what the bar needs. */
    boolean measured(Measurements measurements) {
        return measurements.has(workload, Contender.VARVE.title) && measurements.has(other, peer);
    }

    Spread ratio(Measurements measurements) {
        return Spread.ratio(measurements.values(workload, Contender.VARVE.title, metric),
                measurements.values(other, peer, metric));
    }

    boolean reached(Measurements measurements) {
        double ratio = ratio(measurements).median();
        return bound == Bound.AT_LEAST ? ratio >= bar : ratio <= bar;
    }

    /** Against what, for people. */
    String against() {
        return other == workload ? peer : "itself, " + other.name();
    }

    /** For example {@code at least 1.35}. */
    String barText() {
        return String.format(Locale.ROOT, "at %s %.2f", bound == Bound.AT_LEAST ? "least" : "most", bar);
    }
}
