package io.varve.perf.macro;

/**
 * A bar: a metric of Varve must be at least so many times that of a peer, as ratio of the medians of one run.
 *
 * <p>Immutable.
 */
record Target(Workload workload, String peer, Metric metric, double atLeast) {
    /** Whether the run has what the bar needs. */
    boolean measured(Measurements measurements) {
        return measurements.has(workload, Varve.NAME) && measurements.has(workload, peer);
    }

    Spread ratio(Measurements measurements) {
        return measurements.ratio(workload, Varve.NAME, peer, metric);
    }

    boolean reached(Measurements measurements) {
        return ratio(measurements).median() >= atLeast;
    }
}
