package io.varve.daemon.io;

import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers for file and socket calls, and the check that a buffer is one.
 *
 * <p>Thread-safe because it has no state.
 */
public final class Buffers {

    private Buffers() {}

    /**
     * Zeroed, aligned to a page, freed when nobody can reach it.
     *
     * @param length bytes
     */
    public static UnsafeBuffer alignedDirect(int length) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, Pages.PAGE_SIZE));
    }

    /**
     * Where a range of an off-heap buffer lies in memory. The buffer must stay reachable while the address is used.
     *
     * @throws IndexOutOfBoundsException if the range does not lie inside the buffer
     * @throws IllegalArgumentException  if the buffer is on the heap, where the collector moves it
     */
    static long address(DirectBuffer buffer, int index, int length) {
        // Not buffer.boundsCheck: bounds checks of the library can be switched off, a native call forgives nothing.
        if ((index | length) < 0 || length > buffer.capacity() - index) {
            throw new IndexOutOfBoundsException(
                    "index " + index + ", length " + length + ", capacity " + buffer.capacity());
        }
        if (buffer.byteArray() != null) {
            throw new IllegalArgumentException("buffer is on the heap, a native call needs one that does not move");
        }
        return buffer.addressOffset() + index;
    }
}
