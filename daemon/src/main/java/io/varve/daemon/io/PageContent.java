package io.varve.daemon.io;

import org.agrona.DirectBuffer;

/** Questions about the bytes of one page. Thread-safe because it has no state. */
public final class PageContent {

    private static final int STEP = 8 * Long.BYTES;

    private PageContent() {}

    /** Looks at the whole page only if it is zero, or nearly. */
    public static boolean isZero(DirectBuffer buffer, int index) {
        for (int i = index; i < index + Pages.PAGE_SIZE; i += STEP) {
            long any = 0;
            for (int k = 0; k < STEP; k += Long.BYTES) {
                any |= buffer.getLong(i + k);
            }
            if (any != 0) {
                return false;
            }
        }
        return true;
    }

    public static boolean isEqual(DirectBuffer buffer, int index, DirectBuffer other, int otherIndex) {
        for (int i = 0; i < Pages.PAGE_SIZE; i += STEP) {
            long any = 0;
            for (int k = i; k < i + STEP; k += Long.BYTES) {
                any |= buffer.getLong(index + k) ^ other.getLong(otherIndex + k);
            }
            if (any != 0) {
                return false;
            }
        }
        return true;
    }
}
