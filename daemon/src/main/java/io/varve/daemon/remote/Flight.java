package io.varve.daemon.remote;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A chunk on its way. Ends once, whatever happens: landed, failed, or called off.
 *
 * <p>Thread-safe because index and outcome are written before the latch opens.
 */
final class Flight {

    private final int chunk;
    private final Fetch fetch;
    private final CountDownLatch end = new CountDownLatch(1);
    private int index;
    private volatile boolean landed;
    private volatile IOException failure;

    Flight(int chunk, Fetch fetch) {
        this.chunk = chunk;
        this.fetch = fetch;
    }

    int chunk() {
        return chunk;
    }

    Fetch fetch() {
        return fetch;
    }

    /** By the leader, before it lands. */
    void setIndex(int newIndex) {
        index = newIndex;
    }

    /** Where its bytes are in the buffer of the fetch, once it has landed. */
    int index() {
        return index;
    }

    boolean isOver() {
        return end.getCount() == 0;
    }

    /** Its bytes are in the buffer of the fetch, and are the right ones. */
    boolean hasLanded() {
        return landed;
    }

    /** Null if it has landed, or was called off because the chunk was here already. */
    IOException failure() {
        return failure;
    }

    void land() {
        landed = true;
        end.countDown();
    }

    void fail(IOException cause) {
        failure = cause;
        end.countDown();
    }

    void callOff() {
        end.countDown();
    }

    /** @return false if it is not over by then */
    boolean await(long timeoutNs) throws InterruptedException {
        return end.await(timeoutNs, TimeUnit.NANOSECONDS);
    }
}
