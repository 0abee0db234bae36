package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Which granules of a disk, 64 KiB each, somebody has written since the bitmap was started. A request to write, to zero
 * or to trim marks all that it touches, before it changes anything, whether it changes something or not.
 *
 * <p>A bitmap of which too little is known says that everything is dirty. So does one that was dropped, to connections
 * that still have it: none of them ever takes something for clean that is not.
 *
 * <p>Owned by the thread that owns the overlay; {@link #name} may be asked by any.
 */
public final class DirtyBitmap {

    public static final int GRANULARITY_SHIFT = 16;
    /** Bytes. */
    public static final int GRANULARITY = 1 << GRANULARITY_SHIFT;

    /** Bytes of bits: 32 TiB of disk. */
    static final int MAX_BITS_LENGTH = 64 << 20;

    private static final int WORD_SHIFT = 6;

    private final String name;
    private final long size;
    private final long createdMs;
    private final long granuleCount;
    /** Null if everything counts as dirty. */
    private UnsafeBuffer bits;
    private long dirtyCount;
    private boolean exact = true;
    private String problem;

    private DirtyBitmap(String name, long size, long createdMs, UnsafeBuffer bits) {
        this.name = name;
        this.size = size;
        this.createdMs = createdMs;
        this.granuleCount = granuleCount(size);
        this.bits = bits;
    }

    /**
     * Nothing is dirty. Takes time in proportion to the size: any thread that may wait.
     *
     * @param size      bytes of the disk
     * @param createdMs milliseconds since the epoch
     * @throws BitmapException if there is no memory for it
     */
    static DirtyBitmap clean(String name, long size, long createdMs) throws BitmapException {
        long length = bitsLength(size);
        if (length > MAX_BITS_LENGTH) {
            throw new BitmapException("bitmap " + name + ": the disk is too large for a bitmap: " + size
                    + " bytes, at most " + ((long) MAX_BITS_LENGTH * Byte.SIZE << GRANULARITY_SHIFT));
        }
        try {
            return new DirtyBitmap(name, size, createdMs, Buffers.alignedDirect((int) length));
        } catch (OutOfMemoryError e) {
            throw new BitmapException("bitmap " + name + ": no memory for its " + length
                    + " bytes of bits: drop other bitmaps, or give the daemon more direct memory");
        }
    }

    /** @param problem one line why nothing better is known; null if that is noted elsewhere */
    static DirtyBitmap everything(String name, long size, long createdMs, String problem) {
        DirtyBitmap bitmap = new DirtyBitmap(name, size, createdMs, null);
        bitmap.exact = false;
        bitmap.problem = problem;
        return bitmap;
    }

    static long granuleCount(long size) {
        return size + GRANULARITY - 1 >>> GRANULARITY_SHIFT;
    }

    /** Bytes, whole words. */
    static long bitsLength(long size) {
        return (granuleCount(size) + Long.SIZE - 1 >>> WORD_SHIFT) * Long.BYTES;
    }

    public String name() {
        return name;
    }

    /** @param length bytes, at least 1 */
    void mark(long offset, long length) {
        UnsafeBuffer words = bits;
        if (words == null) {
            return;
        }
        long first = offset >>> GRANULARITY_SHIFT;
        long last = offset + length - 1 >>> GRANULARITY_SHIFT;
        long lastWord = last >>> WORD_SHIFT;
        for (long word = first >>> WORD_SHIFT; word <= lastWord; word++) {
            long mask = (word == first >>> WORD_SHIFT ? -1L << first : -1L) & (word == lastWord ? -1L >>> ~last : -1L);
            int index = (int) word * Long.BYTES;
            long before = words.getLong(index, LITTLE_ENDIAN);
            long fresh = mask & ~before;
            if (fresh != 0) {
                words.putLong(index, before | fresh, LITTLE_ENDIAN);
                dirtyCount += Long.bitCount(fresh);
            }
        }
    }

    /** What was written since the bits were stored is not known: whatever the overlay says something about. */
    void widen(StateMap states) {
        exact = false;
        long pageCount = states.pageCount();
        for (long page = 0; page < pageCount; ) {
            long run = states.runLength(page, pageCount - page);
            if (states.state(page) != Overlay.ABSENT) {
                mark(Pages.offset(page), Pages.offset(run));
            }
            page += run;
        }
    }

    public long granuleCount() {
        return granuleCount;
    }

    public boolean isDirty(long granule) {
        return bits == null || (word(granule) & 1L << granule) != 0;
    }

    /** Consecutive granules from {@code granule} on that are dirty, or not, as it is; 1 to {@code maxCount}. */
    public long runLength(long granule, long maxCount) {
        long end = granule + Math.min(maxCount, granuleCount - granule);
        if (bits == null) {
            return end - granule;
        }
        long all = isDirty(granule) ? -1L : 0L;
        long wordStart = granule & -Long.SIZE;
        long different = (word(granule) ^ all) & -1L << granule;
        while (different == 0) {
            wordStart += Long.SIZE;
            if (wordStart >= end) {
                return end - granule;
            }
            different = word(wordStart) ^ all;
        }
        return Math.min(end, wordStart + Long.numberOfTrailingZeros(different)) - granule;
    }

    private long word(long granule) {
        return bits.getLong((int) (granule >>> WORD_SHIFT) * Long.BYTES, LITTLE_ENDIAN);
    }

    /** Nobody marks any more what is written: connections that still have it see everything dirty. */
    void drop() {
        bits = null;
    }

    public BitmapInfo info() {
        return new BitmapInfo(name, dirtyLength(), createdMs,
                problem != null ? BitmapInfo.State.DAMAGED : exact ? BitmapInfo.State.EXACT : BitmapInfo.State.SUPERSET,
                problem);
    }

    private long dirtyLength() {
        if (bits == null) {
            return size;
        }
        long behind = (granuleCount << GRANULARITY_SHIFT) - size;
        return (dirtyCount << GRANULARITY_SHIFT) - (isDirty(granuleCount - 1) ? behind : 0);
    }

    /** Bits of {@code bitsLength(size)} bytes, granule 0 in bit 0 of byte 0; null if everything counts as dirty. */
    UnsafeBuffer bits() {
        return bits;
    }

    /** After the bits were read. */
    void loaded(boolean exactly) {
        exact = exactly;
        dirtyCount = 0;
        for (int index = 0; index < bits.capacity(); index += Long.BYTES) {
            dirtyCount += Long.bitCount(bits.getLong(index, LITTLE_ENDIAN));
        }
    }

    boolean isClean() {
        return bits != null && dirtyCount == 0;
    }

    boolean isExact() {
        return exact;
    }

    /** Whether its file cannot be read, and is left as it is. */
    boolean isDamaged() {
        return problem != null;
    }

    long size() {
        return size;
    }

    long createdMs() {
        return createdMs;
    }
}
