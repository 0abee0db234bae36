package io.varve.daemon.remote;

import java.util.Arrays;

/**
 * How long the last answers took.
 *
 * <p>Owned by the mirror, which locks.
 */
final class LatencyWindow {

    private static final int CAPACITY = 64;
    /** With fewer, the slowest one would be a percentile. */
    private static final int MIN_COUNT = 20;
    private static final double PERCENTILE = 0.95;

    private final long[] durationsNs = new long[CAPACITY];
    private long count;

    void add(long durationNs) {
        durationsNs[(int) (count++ % CAPACITY)] = durationNs;
    }

    /** What 95 of 100 do not exceed; 0 while there are too few to tell. */
    long p95Ns() {
        if (count < MIN_COUNT) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(durationsNs, (int) Math.min(count, CAPACITY));
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(sorted.length * PERCENTILE) - 1];
    }
}
