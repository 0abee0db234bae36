package io.varve.daemon.remote;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Time, as it passes for those who wait for an answer. In tests it passes when nothing else is left to do.
 *
 * <p>Thread-safe because implementations are.
 */
public interface Timing {

    /** That of the machine. */
    Timing SYSTEM = new Timing() {
        @Override
        public long nowNs() {
            return System.nanoTime();
        }

        @Override
        public <T> T poll(BlockingQueue<T> queue, long timeoutNs) throws InterruptedException {
            return queue.poll(timeoutNs, TimeUnit.NANOSECONDS);
        }
    };

    /** From an arbitrary beginning; only differences mean anything. */
    long nowNs();

    /**
     * Waits for an element.
     *
     * @param timeoutNs at most; 0 or less does not wait
     * @return null if there was none in this time
     */
    <T> T poll(BlockingQueue<T> queue, long timeoutNs) throws InterruptedException;
}
