package io.varve.perf.boot;

/**
 * What became of one client's boot.
 *
 * <p>Immutable.
 *
 * @param elapsedNs from before it connected to its last read
 * @param waitedNs  of that, in reads
 * @param longestNs of its reads
 * @param wrong     reads that gave other bytes than the image has
 */
record Played(long elapsedNs, long waitedNs, long longestNs, int wrong) {}
