package io.varve.daemon.remote;

import java.util.concurrent.TimeUnit;

/**
 * How many requests more than necessary there may be: a share of the necessary ones, and a few in any case. Who has
 * none left does without, or waits, so that a server in trouble is not asked more often than before, but hardly at all.
 *
 * <p>Thread-safe because its methods are synchronized.
 */
final class RequestBudget {

    /** Sums of tenths fall short of 1 by a rounding error. */
    private static final double ENOUGH = 1 - 1e-9;

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
        earnSince(nowNs);
        if (tokens < ENOUGH) {
            return false;
        }
        tokens--;
        return true;
    }

    private void earnSince(long nowNs) {
        double seconds = (double) Math.max(0, nowNs - lastNs) / TimeUnit.SECONDS.toNanos(1);
        lastNs = nowNs;
        tokens = Math.min(capacity, tokens + seconds * perSecond);
    }

    /** When {@link #spend} may say yes at the latest, if nobody else spends; there must be some for each second. */
    synchronized long readyNs(long nowNs) {
        earnSince(nowNs);
        double seconds = Math.max(0, 1 - tokens) / perSecond;
        return nowNs + (long) Math.ceil(seconds * TimeUnit.SECONDS.toNanos(1));
    }
}
