package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.Buffers;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Off-heap memory for the bits of regions, in cells of 4096 bytes: 512 words u64, little-endian as in the file. Cells
 * are numbered from 1; they come from slabs that stay until nobody can reach them, and are used again.
 *
 * <p>Design note: off-heap, because a disk of 1 TiB that is used all over has 64 MiB of states. On the heap the
 * collector would move them while every client waits.
 *
 * <p>Owned by the thread that owns the overlay; cells that nobody writes may be read by others, through a
 * {@link #view}.
 */
final class RegionCells {

    static final int CELL_LENGTH = StateMap.WORD_COUNT * Long.BYTES;
    /** Cells of a slab: 64 KiB, for 1 GiB of disk. */
    static final int SLAB_CELLS = 1 << 4;

    private static final int SLAB_SHIFT = Integer.numberOfTrailingZeros(SLAB_CELLS);

    private UnsafeBuffer[] slabs;
    private int[] free = new int[SLAB_CELLS];
    private int freeCount;

    RegionCells() {
        this(new UnsafeBuffer[0]);
    }

    private RegionCells(UnsafeBuffer[] slabs) {
        this.slabs = slabs;
    }

    /** The cells there are now, for another thread, which neither takes nor gives any. */
    RegionCells view() {
        return new RegionCells(slabs);
    }

    /** A cell with any bytes. */
    int take() {
        if (freeCount == 0) {
            grow();
        }
        return free[--freeCount];
    }

    private void grow() {
        slabs = Arrays.copyOf(slabs, slabs.length + 1);
        slabs[slabs.length - 1] = Buffers.alignedDirect(SLAB_CELLS * CELL_LENGTH);
        int last = slabs.length << SLAB_SHIFT;
        for (int cell = last; cell > last - SLAB_CELLS; cell--) {
            give(cell);
        }
    }

    void give(int cell) {
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = cell;
    }

    /** Where the cell is, from {@link #offset} on. */
    UnsafeBuffer slab(int cell) {
        return slabs[cell - 1 >>> SLAB_SHIFT];
    }

    int offset(int cell) {
        return (cell - 1 & SLAB_CELLS - 1) * CELL_LENGTH;
    }

    long word(int cell, int word) {
        return slab(cell).getLong(offset(cell) + word * Long.BYTES, LITTLE_ENDIAN);
    }

    void word(int cell, int word, long bits) {
        slab(cell).putLong(offset(cell) + word * Long.BYTES, bits, LITTLE_ENDIAN);
    }

    void copy(int from, int to) {
        slab(to).putBytes(offset(to), slab(from), offset(from), CELL_LENGTH);
    }

    /** @param to as many words as a cell has */
    void copy(int from, long[] to) {
        slab(from).byteBuffer().duplicate().order(LITTLE_ENDIAN).asLongBuffer().get(offset(from) / Long.BYTES, to);
    }

    /** @param from as many words as a cell has */
    void set(int cell, long[] from) {
        slab(cell).byteBuffer().duplicate().order(LITTLE_ENDIAN).asLongBuffer().put(offset(cell) / Long.BYTES, from);
    }

    /** @param pattern of a byte */
    void fill(int cell, byte pattern) {
        slab(cell).setMemory(offset(cell), CELL_LENGTH, pattern);
    }
}
