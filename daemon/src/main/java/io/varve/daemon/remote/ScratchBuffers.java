package io.varve.daemon.remote;

import io.varve.daemon.io.Buffers;
import java.util.ArrayDeque;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers for answers that may come too late to be wanted.
 *
 * <p>Thread-safe because the spare ones are behind a lock; a taken one is its taker's.
 */
final class ScratchBuffers {

    /** Bytes of the spare ones together at most. */
    private static final long SPARE_LENGTH = 8 << 20;
    private static final int LEAST_LENGTH = 64 << 10;

    private final ArrayDeque<UnsafeBuffer> spare = new ArrayDeque<>();
    private long spareLength;

    /** @param length bytes at least */
    synchronized UnsafeBuffer take(int length) {
        UnsafeBuffer found = spare.stream().filter(each -> each.capacity() >= length).findFirst().orElse(null);
        if (found == null) {
            return Buffers.alignedDirect(Math.max(LEAST_LENGTH, length));
        }
        spare.remove(found);
        spareLength -= found.capacity();
        return found;
    }

    /** Nobody may use it any more, not even a read that was given up. */
    synchronized void giveBack(UnsafeBuffer buffer) {
        if (spareLength + buffer.capacity() <= SPARE_LENGTH) {
            spare.push(buffer);
            spareLength += buffer.capacity();
        }
    }
}
