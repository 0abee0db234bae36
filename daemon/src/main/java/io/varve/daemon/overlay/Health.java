package io.varve.daemon.overlay;

import java.io.IOException;

/**
 * Whether an overlay may still be written. Failing is for good: after a failed sync the kernel forgets which pages
 * never reached the disk, so a second sync that succeeds proves nothing.
 *
 * <p>Thread-safe because the only field is volatile and its first value wins under the lock.
 */
final class Health {

    private final String name;
    private volatile IOException failure;

    /** @param name what failed, for messages */
    Health(String name) {
        this.name = name;
    }

    boolean failed() {
        return failure != null;
    }

    /** One line, or null. */
    String reason() {
        IOException cause = failure;
        return cause == null ? null : cause.getMessage();
    }

    /** What later writers are told, or null. */
    IOException failure() {
        return failure;
    }

    /** Answers the failure that all later writers are told: the first one. */
    synchronized IOException fail(Exception cause) {
        if (failure == null) {
            String what = cause instanceof IOException ? cause.getMessage() : cause.toString();
            failure = new IOException("overlay " + name + " failed and takes no more writes: " + what, cause);
        }
        return failure;
    }

    void requireHealthy() throws IOException {
        IOException cause = failure;
        if (cause != null) {
            throw new IOException(cause.getMessage(), cause);
        }
    }
}
