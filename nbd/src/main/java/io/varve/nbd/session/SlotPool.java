package io.varve.nbd.session;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap buffers, by size class, for what must outlive a duty cycle: unread bytes, large payloads, parked replies,
 * unsent output. An idle connection holds none.
 *
 * <p>Buffers are reused, not cleared. A class keeps a bounded number of bytes for reuse, and {@link #trim} gives back
 * what was not needed lately. What is not kept is freed at once: the garbage collector would not run for the sake of
 * memory that it does not see.
 *
 * <p>Owned by one agent.
 */
public final class SlotPool {

    private static final int SMALLEST_SHIFT = 12;
    /** A WRITE or READ of the largest payload with its headers fits. */
    private static final int LARGEST_SHIFT = 26;
    private static final int ALIGNMENT = 4096;

    private final MemoryBudget budget;
    private final ArrayDeque<UnsafeBuffer>[] free;
    private final int[] kept;
    /** By class, the fewest buffers that were free since the last {@link #trim}: nobody needed these. */
    private final int[] unneeded;
    private boolean refused;

    /** Of any size. @param keptLength bytes that each size class may keep for reuse; one buffer is always kept */
    public SlotPool(int keptLength) {
        this(keptLength, MemoryBudget.unlimited());
    }

    /**
     * @param keptLength bytes that each size class may keep for reuse; at least one buffer is always kept
     * @param budget     shared by the pools of all agents
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public SlotPool(int keptLength, MemoryBudget budget) {
        this.budget = budget;
        free = new ArrayDeque[LARGEST_SHIFT - SMALLEST_SHIFT + 1];
        kept = new int[free.length];
        unneeded = new int[free.length];
        for (int i = 0; i < free.length; i++) {
            kept[i] = Math.max(1, keptLength >>> (SMALLEST_SHIFT + i));
            free[i] = new ArrayDeque<>();
        }
    }

    /** A page-aligned buffer of at least {@code length} bytes, with any content. */
    public UnsafeBuffer acquire(int length) {
        int sizeClass = sizeClass(length);
        UnsafeBuffer buffer = free[sizeClass].pollFirst();
        if (buffer == null) {
            unneeded[sizeClass] = 0;
            return allocate(1 << (SMALLEST_SHIFT + sizeClass));
        }
        unneeded[sizeClass] = Math.min(unneeded[sizeClass], free[sizeClass].size());
        return buffer;
    }

    /** Takes back a buffer of {@link #acquire}; the caller forgets it. */
    public void release(UnsafeBuffer buffer) {
        int sizeClass = sizeClass(buffer.capacity());
        if (free[sizeClass].size() < kept[sizeClass]) {
            free[sizeClass].addFirst(buffer);
        } else {
            free(buffer);
        }
    }

    /** Bytes of the budget that wait to be used again; the rest of what it took is with somebody. */
    public long idleLength() {
        long length = 0;
        for (int i = 0; i < free.length; i++) {
            length += (long) free[i].size() << (SMALLEST_SHIFT + i);
        }
        return length;
    }

    /** Frees what was not needed since the last call. Called about once a second. */
    public void trim() {
        for (int i = 0; i < free.length; i++) {
            for (int j = budget.isTight() ? free[i].size() : unneeded[i]; j > 0; j--) {
                free(free[i].pollLast());
            }
            unneeded[i] = free[i].size();
        }
    }

    /**
     * Whether a session may take another request, as the budget stands.
     *
     * @param idle whether the session has nothing in flight
     */
    boolean admits(boolean idle) {
        if (!budget.isTight()) {
            return true;
        }
        if (!budget.isExhausted()) {
            return idle;
        }
        refused = true;
        return false;
    }

    /** Whether a session was refused for want of memory since the last call; nothing but its owner wakes it then. */
    public boolean takeRefused() {
        boolean was = refused;
        refused = false;
        return was;
    }

    private UnsafeBuffer allocate(int capacity) {
        ByteBuffer memory = ByteBuffer.allocateDirect(capacity + ALIGNMENT);
        budget.take(capacity);
        int index = (int) (-BufferUtil.address(memory) & (ALIGNMENT - 1));
        // Over the whole allocation and not over a slice of it, which could not be freed.
        return new UnsafeBuffer(memory, index, capacity);
    }

    private void free(UnsafeBuffer buffer) {
        budget.giveBack(buffer.capacity());
        ByteBuffer memory = buffer.byteBuffer();
        // Whoever uses it after this fails instead of touching memory that is somebody else's.
        buffer.wrap(0, 0);
        BufferUtil.free(memory);
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
