package io.varve.daemon.overlay;

import io.varve.daemon.io.Pages;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Pages of one overlay that are in memory. It takes slabs from the pool one at a time, as pages need them, and gives
 * slabs back when their last page goes, all but one.
 *
 * <p>Owned by the thread that owns the overlay, but for {@link #takenLength}, and for {@link #giveBack}, which comes
 * last.
 */
final class MemoryPages {

    private static final int SLOT_SHIFT = Integer.numberOfTrailingZeros(MemoryPool.SLAB_PAGES);
    private static final int SLOT_MASK = MemoryPool.SLAB_PAGES - 1;
    private static final int FIRST_CAPACITY = 16;
    private static final int NO_SLAB = MemoryPool.NONE;

    private final MemoryPool pool;
    /** Page to slot: ordinal of a slab here, and the place in it. */
    private final PageIndex index;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    /** By ordinal: number of the slab in the pool, or none where one was given back. */
    private int[] slabs = new int[0];
    /** By ordinal: a bit for each place that holds a page. */
    private long[] used = new long[0];
    private int ordinalCount;
    /** Ordinals whose slab may have a free place, each once. */
    private int[] roomy = new int[0];
    private int roomyCount;
    private boolean[] isRoomy = new boolean[0];
    /** Ordinals without a slab. */
    private int[] vacant = new int[0];
    private int vacantCount;
    /** One is kept, so that a page that comes and goes does not go through the pool each time. */
    private boolean hasEmptySlab;
    private volatile int slabCount;

    MemoryPages(MemoryPool pool, long pageCount) {
        this.pool = pool;
        this.index = new PageIndex(pageCount);
    }

    boolean holds(long pageIndex) {
        return index.get(pageIndex) != PageIndex.NONE;
    }

    /** Bytes of the pool that the overlay has. Any thread. */
    long takenLength() {
        return (long) slabCount * MemoryPool.SLAB_LENGTH;
    }

    /**
     * Gives the page, which is not held, a place with whatever bytes.
     *
     * @return false if there is no memory left for it
     */
    boolean place(long pageIndex) {
        int ordinal = ordinalWithRoom();
        if (ordinal < 0) {
            return false;
        }
        hasEmptySlab &= used[ordinal] != 0;
        int place = Long.numberOfTrailingZeros(~used[ordinal]);
        used[ordinal] |= 1L << place;
        index.set(pageIndex, ordinal << SLOT_SHIFT | place);
        return true;
    }

    private int ordinalWithRoom() {
        while (roomyCount > 0) {
            int ordinal = roomy[roomyCount - 1];
            if (slabs[ordinal] != NO_SLAB && used[ordinal] != -1L) {
                return ordinal;
            }
            isRoomy[ordinal] = false;
            roomyCount--;
        }
        int slab = pool.take();
        if (slab == MemoryPool.NONE) {
            return -1;
        }
        int ordinal = vacantCount > 0 ? vacant[--vacantCount] : newOrdinal();
        slabs[ordinal] = slab;
        used[ordinal] = 0;
        addRoomy(ordinal);
        slabCount++;
        return ordinal;
    }

    private int newOrdinal() {
        if (ordinalCount == slabs.length) {
            int capacity = Math.max(FIRST_CAPACITY, 2 * ordinalCount);
            slabs = Arrays.copyOf(slabs, capacity);
            used = Arrays.copyOf(used, capacity);
            roomy = Arrays.copyOf(roomy, capacity);
            isRoomy = Arrays.copyOf(isRoomy, capacity);
            vacant = Arrays.copyOf(vacant, capacity);
        }
        return ordinalCount++;
    }

    private void addRoomy(int ordinal) {
        if (!isRoomy[ordinal]) {
            isRoomy[ordinal] = true;
            roomy[roomyCount++] = ordinal;
        }
    }

    /** The pages of the range that are held need their place no more. */
    void drop(long pageIndex, long pageCount) {
        long end = pageIndex + pageCount;
        for (long page = index.skipEmpty(pageIndex, end); page < end; page = index.skipEmpty(page + 1, end)) {
            int slot = index.get(page);
            if (slot != PageIndex.NONE) {
                index.set(page, PageIndex.NONE);
                free(slot >>> SLOT_SHIFT, slot & SLOT_MASK);
            }
        }
    }

    private void free(int ordinal, int place) {
        used[ordinal] &= ~(1L << place);
        if (used[ordinal] != 0) {
            addRoomy(ordinal);
        } else if (!hasEmptySlab) {
            hasEmptySlab = true;
            addRoomy(ordinal);
        } else {
            pool.giveBack(slabs[ordinal]);
            slabs[ordinal] = NO_SLAB;
            vacant[vacantCount++] = ordinal;
            slabCount--;
        }
    }

    /** @param inPage first byte of the page, which is held */
    void read(long pageIndex, int inPage, MutableDirectBuffer destination, int destinationIndex, int length) {
        wrap(pageIndex);
        view.getBytes(inPage, destination, destinationIndex, length);
    }

    /** @param source null for zeros */
    void write(long pageIndex, int inPage, DirectBuffer source, int sourceIndex, int length) {
        wrap(pageIndex);
        if (source == null) {
            view.setMemory(inPage, length, (byte) 0);
        } else {
            view.putBytes(inPage, source, sourceIndex, length);
        }
    }

    private void wrap(long pageIndex) {
        int slot = index.get(pageIndex);
        int slab = slabs[slot >>> SLOT_SHIFT];
        view.wrap(pool.address(slab) + Pages.offset(slot & SLOT_MASK), Pages.PAGE_SIZE);
    }

    /** All memory, to the pool and to the machine. Nothing is asked of the pages any more. */
    void giveBack() {
        for (int ordinal = 0; ordinal < ordinalCount; ordinal++) {
            if (slabs[ordinal] != NO_SLAB) {
                pool.giveBack(slabs[ordinal]);
                slabs[ordinal] = NO_SLAB;
            }
        }
        slabCount = 0;
        pool.discardFree();
    }
}
