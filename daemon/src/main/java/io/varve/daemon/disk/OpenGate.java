package io.varve.daemon.disk;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps the files of a disk open while anybody reads them: the disk itself, and background reading that no client
 * waits for.
 *
 * <p>Thread-safe because the count is atomic, and never rises from zero.
 */
final class OpenGate {

    /** The disk is the first. */
    private final AtomicInteger users = new AtomicInteger(1);
    private final Runnable onAllGone;

    OpenGate(Runnable onAllGone) {
        this.onAllGone = onAllGone;
    }

    /** Whether the files are open, and stay so until {@link #leave}. */
    boolean enter() {
        while (true) {
            final int count = users.get();
            if (count == 0) {
                return false;
            }
            if (users.compareAndSet(count, count + 1)) {
                return true;
            }
        }
    }

    /** Once per successful {@link #enter}, and once by the disk; the last one out runs the action. */
    void leave() {
        if (users.decrementAndGet() == 0) {
            onAllGone.run();
        }
    }
}
