package io.varve.daemon.store;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Slows a job down to so many bytes per second, so that clients notice little of it.
 *
 * <p>Owned by the thread that does the job.
 */
final class Pace {

    /** A job that was slower than it may be does not catch up more than this. */
    private static final long MAX_CREDIT_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long bytesPerSecond;
    private long dueNs = System.nanoTime();

    /** @param bytesPerSecond 0: as fast as it goes */
    Pace(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /**
     * Waits as long as that many bytes may take.
     *
     * @throws InterruptedIOException if the job shall end
     */
    void spend(long length) throws InterruptedIOException {
        if (bytesPerSecond > 0) {
            dueNs = Math.max(dueNs, System.nanoTime() - MAX_CREDIT_NS)
                    + (long) (length * (double) TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
            for (long left = dueNs - System.nanoTime(); left > 0; left = dueNs - System.nanoTime()) {
                if (Thread.currentThread().isInterrupted()) {
                    break;
                }
                LockSupport.parkNanos(left);
            }
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted: repeat it");
        }
    }
}
