package io.varve.daemon.remote;

import java.util.concurrent.TimeUnit;

/**
 * How many requests more than necessary there may be: a share of the necessary ones, and a few in any case. Who has
 * none left does without, so that a server in trouble is not asked more often than before, but hardly at all.
 *
 * <p>Thread-safe because its methods are synchronized.
 */
final class RequestBudget {

    private final double share;
    private final double perSecond;
    private final double capacity;
    private double tokens;
    private long lastNs;

    /**
     * @param share     requests more for each necessary one
     * @param perSecond requests more in any case
     * @param capacity  that can be saved at most
     * @param tokens    to begin with
     * @param nowNs     {@link Timing#nowNs}, here and below
     */
    RequestBudget(double share, double perSecond, double capacity, double tokens, long nowNs) {
        this.share = share;
        this.perSecond = perSecond;
        this.capacity = capacity;
        this.tokens = tokens;
        this.lastNs = nowNs;
    }

    /** For a necessary request. */
    synchronized void earn() {
        tokens = Math.min(capacity, tokens + share);
    }

    /** @return whether one more than necessary may be sent; then it is spent */
    synchronized boolean spend(long nowNs) {
        double seconds = (double) Math.max(0, nowNs - lastNs) / TimeUnit.SECONDS.toNanos(1);
        lastNs = nowNs;
        tokens = Math.min(capacity, tokens + seconds * perSecond);
        // Sums of tenths fall short of 1 by a rounding error.
        if (tokens < 1 - 1e-9) {
            return false;
        }
        tokens--;
        return true;
    }
}
