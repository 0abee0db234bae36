package io.varve.daemon.remote;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets fetches ahead begin a few at a time, and none while a client waits for the origin.
 *
 * <p>Thread-safe because the counts are behind one lock.
 */
final class AheadGate {

    private final int maxAhead;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition opened = lock.newCondition();
    private int aheadCount;
    private int demandCount;
    private boolean closed;

    AheadGate(int maxAhead) {
        this.maxAhead = maxAhead;
    }

    /**
     * Waits until a fetch ahead may begin.
     *
     * @return false if it may not by then, or never; otherwise {@link #aheadEnds} must follow
     */
    boolean enterAhead(long timeoutNs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutNs;
        lock.lockInterruptibly();
        try {
            while (!closed && (demandCount > 0 || aheadCount >= maxAhead)) {
                long leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0 || !opened.await(leftNs, TimeUnit.NANOSECONDS) && deadlineNs <= System.nanoTime()) {
                    return false;
                }
            }
            if (closed) {
                return false;
            }
            aheadCount++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void aheadEnds() {
        change(-1, 0);
    }

    void demandBegins() {
        change(0, 1);
    }

    void demandEnds() {
        change(0, -1);
    }

    void aheadBecomesDemand() {
        change(-1, 1);
    }

    private void change(int ahead, int demand) {
        lock.lock();
        try {
            aheadCount += ahead;
            demandCount += demand;
            opened.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is fetched ahead any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            opened.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
