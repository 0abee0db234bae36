package io.varve.daemon.io;

import org.agrona.DirectBuffer;

/** Questions about the bytes of a page, or of another range of whole 64 bytes. Thread-safe because it has no state. */
public final class PageContent {

    private static final int STEP = 8 * Long.BYTES;

    private PageContent() {}

    /** Looks at the whole page only if it is zero, or nearly. */
    public static boolean isZero(DirectBuffer buffer, int index) {
        return isZero(buffer, index, Pages.PAGE_SIZE);
    }

    /**
     * Looks at the whole range only if it is zero, or nearly.
     *
     * @param length bytes, a multiple of 64
     */
    public static boolean isZero(DirectBuffer buffer, int index, int length) {
        int end = index + length;
        for (int i = index; i < end; i += STEP) {
            if (bits(buffer, i) != 0) {
                return false;
            }
        }
        return true;
    }

    public static boolean isEqual(DirectBuffer buffer, int index, DirectBuffer other, int otherIndex) {
        return isEqual(buffer, index, other, otherIndex, Pages.PAGE_SIZE);
    }

    /** @param length bytes, a multiple of 64 */
    public static boolean isEqual(DirectBuffer buffer, int index, DirectBuffer other, int otherIndex, int length) {
        for (int i = 0; i < length; i += STEP) {
            if (differingBits(buffer, index + i, other, otherIndex + i) != 0) {
                return false;
            }
        }
        return true;
    }

    // One step is a method of its own: as an inner loop it took half as long again, the length being variable (JDK 17).

    private static long bits(DirectBuffer buffer, int index) {
        long any = 0;
        for (int k = 0; k < STEP; k += Long.BYTES) {
            any |= buffer.getLong(index + k);
        }
        return any;
    }

    private static long differingBits(DirectBuffer buffer, int index, DirectBuffer other, int otherIndex) {
        long any = 0;
        for (int k = 0; k < STEP; k += Long.BYTES) {
            any |= buffer.getLong(index + k) ^ other.getLong(otherIndex + k);
        }
        return any;
    }
}
