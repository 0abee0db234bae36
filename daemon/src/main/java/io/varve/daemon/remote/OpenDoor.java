package io.varve.daemon.remote;

import java.io.IOException;

/**
 * Counts who is inside, so that files are closed when all have left.
 *
 * <p>Thread-safe because the count is behind one lock.
 */
final class OpenDoor {

    private final String name;
    private int inside;
    private boolean closed;

    /** @param name what is closed, for messages */
    OpenDoor(String name) {
        this.name = name;
    }

    /** @throws IOException after {@link #close}; otherwise {@link #leave} must follow */
    void enter() throws IOException {
        if (!tryEnter()) {
            throw new IOException(name + " is closed");
        }
    }

    /** @return false after {@link #close}; otherwise {@link #leave} must follow */
    synchronized boolean tryEnter() {
        inside += closed ? 0 : 1;
        return !closed;
    }

    synchronized void leave() {
        inside--;
        notifyAll();
    }

    /** Nobody comes in any more. */
    synchronized void close() {
        closed = true;
    }

    synchronized void awaitEmpty() {
        boolean interrupted = false;
        while (inside > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
