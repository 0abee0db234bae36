package io.varve.daemon.transfer;

import java.util.function.LongSupplier;

/**
 * Thins out the steps of a job for its listener.
 *
 * <p>Owned by the thread that runs the job.
 */
final class ProgressClock {

    private static final long INTERVAL_NS = 200_000_000L;
    private static final double NS_PER_SECOND = 1e9;

    private final ProgressListener listener;
    private final LongSupplier nanoClock;
    private final long bytesTotal;
    private final long bytesBefore;
    private final long startNs;
    private long lastNs;

    /** @param bytesBefore done by earlier runs */
    ProgressClock(ProgressListener listener, LongSupplier nanoClock, long bytesTotal, long bytesBefore) {
        this.listener = listener;
        this.nanoClock = nanoClock;
        this.bytesTotal = bytesTotal;
        this.bytesBefore = bytesBefore;
        this.startNs = nanoClock.getAsLong();
        this.lastNs = startNs;
    }

    void onStep(long bytesDone) {
        long nowNs = nanoClock.getAsLong();
        if (nowNs - lastNs >= INTERVAL_NS) {
            lastNs = nowNs;
            report(bytesDone, nowNs);
        }
    }

    void onEnd() {
        report(bytesTotal, nanoClock.getAsLong());
    }

    private void report(long bytesDone, long nowNs) {
        long elapsedNs = nowNs - startNs;
        long rate = elapsedNs <= 0 ? 0 : (long) ((bytesDone - bytesBefore) * NS_PER_SECOND / elapsedNs);
        listener.onProgress(bytesDone, bytesTotal, rate);
    }
}
