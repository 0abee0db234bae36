package io.varve.perf.macro;

/**
 * A bar: a metric of Varve, as a ratio to that of a peer, or of Varve with another workload; a ratio of the medians of
 * one run.
 *
 * <p>Immutable.
 *
 * @param other what the peer did
 */
record Target(Workload workload, Metric metric, Workload other, String peer, Bar bar) {

    /** Of the same workload with a peer. */
    static Target atLeast(double bar, Workload workload, Metric metric, Contender peer) {
        return new Target(workload, metric, workload, peer.title, Bar.atLeast(bar));
    }

    /** Of Varve itself with another workload. */
    static Target atLeast(double bar, Workload workload, Metric metric, Workload other) {
        return new Target(workload, metric, other, Contender.VARVE.title, Bar.atLeast(bar));
    }

    static Target atMost(double bar, Workload workload, Metric metric, Contender peer) {
        return new Target(workload, metric, workload, peer.title, Bar.atMost(bar));
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
        return bar.isReached(ratio(measurements).median());
    }

    /** Against what, for people. */
    String against() {
        return other == workload ? peer : "itself, " + other.name();
    }
}
