package io.varve.daemon.serve;

import java.util.concurrent.TimeUnit;

/**
 * Keeps what hostile clients cause from filling the log: one line every ten seconds, which says how many were left out.
 *
 * <p>Owned by the agent that logs.
 */
final class RareLine {

    private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(10);

    private long nextNs;
    private boolean started;
    private int leftOutCount;

    /** @return what to add to the line, often empty; null: do not log */
    String suffix(long nowNs) {
        if (started && nowNs - nextNs < 0) {
            leftOutCount++;
            return null;
        }
        String suffix = leftOutCount == 0 ? "" : " (and " + leftOutCount + " more since the last such line)";
        started = true;
        nextNs = nowNs + PERIOD_NS;
        leftOutCount = 0;
        return suffix;
    }
}
