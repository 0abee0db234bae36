package io.varve.daemon.boot;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The pages of a disk that were seen already. Bits for a region of 128 MiB are taken from a fixed pool at the first
 * touch of the region, because a plain bitmap of a large disk costs more memory than a boot is worth, and an agent
 * must not allocate.
 *
 * <p>Owned by the agent of the disk.
 */
final class TouchedPages implements AutoCloseable {

    private static final int REGION_SHIFT = 15;
    private static final int REGION_LENGTH = 1 << (REGION_SHIFT - 3);
    private static final int WORD_MASK = REGION_LENGTH - Long.BYTES;
    /** Regions that can be touched: 32 GiB of a disk, 1 MiB of memory. */
    static final int MAX_REGIONS = 256;

    private static final int UNTOUCHED = -1;

    private final int[] slots;
    private final BootMemory memory;
    private final UnsafeBuffer words;
    private final int capacity;
    private int used;

    /** @param pageCount of the disk */
    TouchedPages(long pageCount) {
        slots = new int[Math.toIntExact((pageCount >>> REGION_SHIFT) + 1)];
        Arrays.fill(slots, UNTOUCHED);
        capacity = Math.min(slots.length, MAX_REGIONS);
        memory = new BootMemory(capacity * REGION_LENGTH);
        words = memory.buffer();
    }

    /** Whether the page is seen for the first time. A page that there is no room to remember is not. */
    boolean add(long pageIndex) {
        final int region = (int) (pageIndex >>> REGION_SHIFT);
        int slot = slots[region];
        if (slot == UNTOUCHED) {
            if (used == capacity) {
                return false;
            }
            slot = used++;
            slots[region] = slot;
        }
        final int position = position(slot, pageIndex);
        final long bit = 1L << pageIndex;
        final long word = words.getLong(position);
        words.putLong(position, word | bit);
        return (word & bit) == 0;
    }

    /** Forgets a page that was added. */
    void remove(long pageIndex) {
        final int position = position(slots[(int) (pageIndex >>> REGION_SHIFT)], pageIndex);
        words.putLong(position, words.getLong(position) & ~(1L << pageIndex));
    }

    /** Byte of the word of a page. */
    private static int position(int slot, long pageIndex) {
        return slot * REGION_LENGTH + ((int) (pageIndex >>> 3) & WORD_MASK);
    }

    /** Nobody asks afterwards. */
    @Override
    public void close() {
        memory.close();
    }
}
