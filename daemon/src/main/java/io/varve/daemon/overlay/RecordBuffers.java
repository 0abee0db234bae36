package io.varve.daemon.overlay;

import org.agrona.BufferUtil;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers in which commits and checkpoints build what they write.
 *
 * <p>Design note: shared by all overlays, because hundreds are open but only as many commit at once as there are
 * workers and short queues before them; a buffer for each would be memory that nobody uses.
 *
 * <p>Thread-safe because the free list is a concurrent queue and a buffer belongs to who took it.
 */
final class RecordBuffers {

    private static final int MAX_KEPT = 64;

    private final ManyToManyConcurrentArrayQueue<UnsafeBuffer> free = new ManyToManyConcurrentArrayQueue<>(MAX_KEPT);
    private final int length;

    /** @param length bytes of each buffer */
    RecordBuffers(int length) {
        this.length = length;
    }

    int length() {
        return length;
    }

    UnsafeBuffer take() {
        UnsafeBuffer kept = free.poll();
        return kept != null ? kept : new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, 4096));
    }

    /** More than {@value #MAX_KEPT} idle buffers are left to the garbage collector. */
    void give(UnsafeBuffer buffer) {
        free.offer(buffer);
    }
}
