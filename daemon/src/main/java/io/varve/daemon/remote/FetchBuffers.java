package io.varve.daemon.remote;

import io.varve.daemon.io.Buffers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers that fetches use one after the other. Who took one gives it back once, when nobody reads it any
 * more.
 *
 * <p>Thread-safe because the lists are behind one lock.
 */
public final class FetchBuffers {

    /** Bytes of the largest buffer. */
    static final int MAX_LENGTH = 16 << 20;
    private static final long USUAL_RETAINED = 32L << 20;

    private static final int MIN_SHIFT = 16;
    private static final int MIN_LENGTH = 1 << MIN_SHIFT;

    /** Of 64 KiB, 128 KiB, and so on. */
    private final List<Deque<UnsafeBuffer>> free = new ArrayList<>();
    private final long maxRetained;
    private long retained;

    public FetchBuffers() {
        this(USUAL_RETAINED);
    }

    /** @param maxRetained bytes that wait for the next fetch at most */
    FetchBuffers(long maxRetained) {
        this.maxRetained = maxRetained;
        for (int length = MIN_LENGTH; length <= MAX_LENGTH; length *= 2) {
            free.add(new ArrayDeque<>());
        }
    }

    /** @return at least so long; holds anything */
    UnsafeBuffer take(int length) {
        int size = sizeClass(length);
        synchronized (this) {
            UnsafeBuffer buffer = free.get(size).pollLast();
            if (buffer != null) {
                retained -= buffer.capacity();
                return buffer;
            }
        }
        return Buffers.alignedDirect(MIN_LENGTH << size);
    }

    synchronized void give(UnsafeBuffer buffer) {
        if (retained + buffer.capacity() <= maxRetained) {
            retained += buffer.capacity();
            free.get(sizeClass(buffer.capacity())).addLast(buffer);
        }
    }

    /** Bytes that wait for the next fetch. */
    synchronized long retained() {
        return retained;
    }

    private static int sizeClass(int length) {
        int units = (length + MIN_LENGTH - 1) >>> MIN_SHIFT;
        return Integer.SIZE - Integer.numberOfLeadingZeros(units - 1);
    }
}
