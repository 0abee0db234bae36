package io.varve.daemon.remote;

import java.util.concurrent.TimeUnit;

/**
 * How long a server may take. Who keeps sending a little must be as fast as a poor line at least, so that a read ends
 * whatever the server does.
 *
 * @param connectMs until a connection can be used
 * @param readMs    until an answer is there, if it is short
 *
 * <p>Immutable.
 */
public record OriginTimeouts(long connectMs, long readMs) {

    /** What a client's own timeout of half a minute leaves room for. */
    public static final OriginTimeouts DEFAULT = new OriginTimeouts(5_000, 10_000);

    /** Bytes of a second that any line carries. */
    private static final long SLOWEST = 1 << 20;

    public OriginTimeouts {
        if (connectMs < 1 || readMs < 1) {
            throw new IllegalArgumentException("timeouts of " + connectMs + " and " + readMs + " ms");
        }
    }

    long connectNs() {
        return TimeUnit.MILLISECONDS.toNanos(connectMs);
    }

    /** @param length bytes of the answer */
    long readNs(int length) {
        return TimeUnit.MILLISECONDS.toNanos(readMs) + length * TimeUnit.SECONDS.toNanos(1) / SLOWEST;
    }
}
