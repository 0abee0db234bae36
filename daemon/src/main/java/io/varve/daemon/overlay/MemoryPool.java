package io.varve.daemon.overlay;

import io.varve.daemon.io.Pages;
import io.varve.shim.NativeException;
import io.varve.shim.NativeMemoryRange;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory that all overlays in memory share, in slabs of 64 pages (256 KiB). Which slab is whose is a bit each; the
 * owner of a slab divides it by itself.
 *
 * <p>Design note: one range of addresses for all slabs, from which a slab's memory is discarded but which is never
 * unmapped while the daemon runs, so that a defect of ours can make a read wrong, but not end the process; and
 * outside of what the virtual machine counts, so that the size of the pool is no option of the launcher.
 *
 * <p>Thread-safe because a slab changes hands by compare-and-set of its bit, and only its owner touches its bytes.
 */
public final class MemoryPool implements AutoCloseable {

    static final int SLAB_PAGES = 64;
    static final int SLAB_LENGTH = SLAB_PAGES << Pages.PAGE_SHIFT;
    /** Answer of {@link #take}: all slabs are taken. */
    static final int NONE = -1;

    private static final Logger LOG = LoggerFactory.getLogger(MemoryPool.class);

    private final NativeMemoryRange range;
    private final int slabCount;
    private final AtomicLongArray taken;
    /** Of slabs that nobody has, those that still occupy memory. */
    private final AtomicLongArray warm;
    private final AtomicInteger takenCount = new AtomicInteger();
    /** Where the last search ended. A hint: threads overwrite each other's. */
    private int searchFrom;

    /**
     * Occupies no memory yet.
     *
     * @param length bytes, at least one slab; the rest of a slab at the end is not used
     */
    public MemoryPool(long length) throws NativeException {
        long slabs = length / SLAB_LENGTH;
        if (slabs < 1 || slabs > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a pool of " + length + " bytes for slabs of " + SLAB_LENGTH);
        }
        slabCount = (int) slabs;
        range = NativeMemoryRange.reserve(slabs * SLAB_LENGTH);
        taken = new AtomicLongArray((slabCount + Long.SIZE - 1) / Long.SIZE);
        warm = new AtomicLongArray(taken.length());
    }

    /** Bytes that all overlays together may have. */
    public long length() {
        return (long) slabCount * SLAB_LENGTH;
    }

    /** Bytes of slabs that overlays have. */
    public long takenLength() {
        return (long) takenCount.get() * SLAB_LENGTH;
    }

    /** A slab with whatever bytes, now the caller's own; or {@link #NONE}. */
    int take() {
        if (takenCount.incrementAndGet() > slabCount) {
            takenCount.decrementAndGet();
            return NONE;
        }
        // A free bit there is: the count says so, and bits are freed before the count.
        for (int word = searchFrom; ; word = word + 1 == taken.length() ? 0 : word + 1) {
            int slab = takeFrom(word);
            if (slab != NONE) {
                searchFrom = word;
                return slab;
            }
        }
    }

    private int takeFrom(int word) {
        while (true) {
            long bits = taken.get(word);
            int slab = (word << 6) + Long.numberOfTrailingZeros(~bits);
            if (bits == -1L || slab >= slabCount) {
                return NONE;
            }
            if (taken.compareAndSet(word, bits, bits | 1L << slab)) {
                return slab;
            }
        }
    }

    /** The slab is nobody's any more. Its memory stays occupied until it is taken again, or {@link #discardFree}. */
    void giveBack(int slab) {
        setBit(warm, slab);
        clearBit(taken, slab);
        takenCount.decrementAndGet();
    }

    /** Gives memory that nobody uses back to the machine. Takes some microseconds for each slab. */
    void discardFree() {
        for (int word = 0; word < warm.length(); word++) {
            for (long bits = warm.get(word); bits != 0; bits &= bits - 1) {
                discard((word << 6) + Long.numberOfTrailingZeros(bits));
            }
        }
    }

    private void discard(int slab) {
        int word = slab >>> 6;
        long before = taken.get(word);
        if ((before & 1L << slab) != 0 || !taken.compareAndSet(word, before, before | 1L << slab)) {
            return; // Somebody takes slabs here: this one, or what is next to it; the next call comes for it.
        }
        clearBit(warm, slab);
        try {
            range.discard((long) slab * SLAB_LENGTH, SLAB_LENGTH);
        } catch (NativeException e) {
            LOG.warn("memory of overlays was not given back", e);
        }
        clearBit(taken, slab);
    }

    private static void setBit(AtomicLongArray bits, int index) {
        int word = index >>> 6;
        long before = bits.get(word);
        while (!bits.compareAndSet(word, before, before | 1L << index)) {
            before = bits.get(word);
        }
    }

    private static void clearBit(AtomicLongArray bits, int index) {
        int word = index >>> 6;
        long before = bits.get(word);
        while (!bits.compareAndSet(word, before, before & ~(1L << index))) {
            before = bits.get(word);
        }
    }

    /** Where the bytes of a slab are. */
    long address(int slab) {
        return range.address() + (long) slab * SLAB_LENGTH;
    }

    /** After every overlay was closed. */
    @Override
    public void close() throws NativeException {
        range.close();
    }
}
