package io.varve.daemon.format;

import io.varve.daemon.io.Buffers;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds out whether two claim the same bytes of a file: a bit for each unit of the file, off the heap. A file of more
 * units than fit is gone through in windows, and whoever claims repeats all claims for each of them:
 * <pre>
 *   do {
 *       for all: if (!claims.claim(position, length)) there are two
 *   } while (claims.nextWindow());
 * </pre>
 *
 * <p>Owned by the thread that claims.
 */
public final class Claims {

    /** Bytes; as sectors of 512 bytes it stands for 64 GiB of the file, as MiB for 128 TiB. */
    private static final int MAX_LENGTH = 1 << 24;

    private final int unitShift;
    private final long windowUnits;
    private final UnsafeBuffer bits;
    private long windowStart;
    /** First unit behind the window that somebody wants. */
    private long wanted = Long.MAX_VALUE;

    /**
     * @param end       byte in the file behind all that is claimed
     * @param unitShift binary logarithm of the bytes of a unit: who claims a part of one claims it all
     */
    public Claims(long end, int unitShift) {
        this(end, unitShift, MAX_LENGTH);
    }

    Claims(long end, int unitShift, int maxLength) {
        this.unitShift = unitShift;
        long words = (end - 1 >>> unitShift) / Long.SIZE + 1;
        this.bits = Buffers.alignedDirect((int) Math.min(words * Long.BYTES, maxLength));
        this.windowUnits = (long) bits.capacity() * Byte.SIZE;
    }

    /**
     * Of what lies outside of the window, nothing is known.
     *
     * @param position at least 0
     * @param length   at least 1
     * @return false if somebody has claimed a part of it before
     */
    public boolean claim(long position, long length) {
        long last = position + length - 1 >>> unitShift;
        if (last >= windowStart + windowUnits) {
            wanted = Math.min(wanted, Math.max(position >>> unitShift, windowStart + windowUnits));
        }
        long end = Math.min(last + 1, windowStart + windowUnits) - windowStart;
        boolean free = true;
        for (long unit = Math.max(position >>> unitShift, windowStart) - windowStart; unit < end; ) {
            long inWord = Math.min(end, (unit | Long.SIZE - 1) + 1) - unit;
            long mask = -1L >>> Long.SIZE - inWord << unit;
            int index = (int) (unit / Long.SIZE) * Long.BYTES;
            long word = bits.getLong(index);
            free &= (word & mask) == 0;
            bits.putLong(index, word | mask);
            unit += inWord;
        }
        return free;
    }

    /** Whether a part of it has been claimed, as far as it lies inside the window. */
    public boolean isClaimed(long position) {
        long unit = (position >>> unitShift) - windowStart;
        return unit >= 0 && unit < windowUnits
                && (bits.getLong((int) (unit / Long.SIZE) * Long.BYTES) & 1L << unit) != 0;
    }

    /** @return false if nothing was claimed behind the window: all is known */
    public boolean nextWindow() {
        if (wanted == Long.MAX_VALUE) {
            return false;
        }
        windowStart = wanted;
        wanted = Long.MAX_VALUE;
        bits.setMemory(0, bits.capacity(), (byte) 0);
        return true;
    }
}
