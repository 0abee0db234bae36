package io.varve.nbd.session;

import java.util.ArrayDeque;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers, by size class, for what must outlive a duty cycle: unread bytes, large payloads, parked replies,
 * unsent output. An idle connection holds none.
 *
 * <p>Buffers are reused, not cleared. A class keeps a bounded number of bytes for reuse; what comes back beyond that
 * is left to the garbage collector.
 *
 * <p>Owned by one agent.
 */
public final class SlotPool {

    private static final int SMALLEST_SHIFT = 12;
    /** A WRITE or READ of the largest payload with its headers fits. */
    private static final int LARGEST_SHIFT = 26;
    private static final int ALIGNMENT = 4096;

    private final ArrayDeque<UnsafeBuffer>[] free;
    private final int[] kept;

    /** @param keptLength bytes that each size class may keep for reuse; at least one buffer is always kept */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public SlotPool(int keptLength) {
        free = new ArrayDeque[LARGEST_SHIFT - SMALLEST_SHIFT + 1];
        kept = new int[free.length];
        for (int i = 0; i < free.length; i++) {
            kept[i] = Math.max(1, keptLength >>> (SMALLEST_SHIFT + i));
            free[i] = new ArrayDeque<>();
        }
    }

    /** A page-aligned buffer of at least {@code length} bytes, with any content. */
    public UnsafeBuffer acquire(int length) {
        int sizeClass = sizeClass(length);
        UnsafeBuffer buffer = free[sizeClass].pollFirst();
        if (buffer != null) {
            return buffer;
        }
        int capacity = 1 << (SMALLEST_SHIFT + sizeClass);
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(capacity, ALIGNMENT));
    }

    /** Takes back a buffer of {@link #acquire}; the caller forgets it. */
    public void release(UnsafeBuffer buffer) {
        int sizeClass = sizeClass(buffer.capacity());
        if (free[sizeClass].size() < kept[sizeClass]) {
            free[sizeClass].addFirst(buffer);
        }
    }

    private static int sizeClass(int length) {
        if (length > 1 << LARGEST_SHIFT) {
            throw new IllegalArgumentException(
                    "no slot of " + length + " bytes: the largest is " + (1 << LARGEST_SHIFT));
        }
        int shift = 32 - Integer.numberOfLeadingZeros(BitUtil.findNextPositivePowerOfTwo(length) - 1);
        return Math.max(0, shift - SMALLEST_SHIFT);
    }
}
