package io.varve.daemon.remote;

import java.io.Closeable;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * A disk that lies on another machine and does not change.
 *
 * <p>Thread-safe because reads keep no position; several run at a time. Closed once, by the owner; reads that are under
 * way then fail.
 */
public interface Origin extends Closeable {

    /** Bytes of one read at most. */
    int MAX_READ_LENGTH = 16 << 20;

    /** For messages: its address, without a password. */
    String name();

    /** What it is like since it was opened. */
    OriginIdentity identity();

    /**
     * Reads exactly {@code length} bytes, waiting if it must, but not for ever. Interrupting the thread ends the wait.
     * Whatever the outcome, the buffer is not touched any more once this has returned.
     *
     * @param destination off-heap; after a failure it holds anything
     * @param length      bytes, 1 to {@link #MAX_READ_LENGTH}
     * @param urgency     who waits
     * @throws OriginException                if these bytes are not to be had; its kind says whether to ask again
     * @throws java.io.InterruptedIOException if the thread was interrupted
     * @throws IndexOutOfBoundsException      if the range does not lie inside the disk, or the buffer, or is too long
     */
    void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException;

    /** Who waits for a read. */
    enum Urgency {
        /** A client, with a timeout of its own. */
        DEMAND,
        /** Nobody yet. */
        AHEAD
    }
}
