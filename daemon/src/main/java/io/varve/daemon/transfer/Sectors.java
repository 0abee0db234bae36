package io.varve.daemon.transfer;

import org.agrona.DirectBuffer;

/** Questions about the bytes of a few sectors. Thread-safe because it has no state. */
final class Sectors {

    private static final int STEP = 8 * Long.BYTES;

    private Sectors() {}

    /** @param length bytes, a multiple of 64 */
    static boolean isZero(DirectBuffer bytes, int index, int length) {
        for (int i = index; i < index + length; i += STEP) {
            long any = 0;
            for (int k = i; k < i + STEP; k += Long.BYTES) {
                any |= bytes.getLong(k);
            }
            if (any != 0) {
                return false;
            }
        }
        return true;
    }

    /** @param length bytes, a multiple of 64 */
    static boolean isEqual(DirectBuffer bytes, int index, DirectBuffer other, int otherIndex, int length) {
        for (int i = 0; i < length; i += STEP) {
            long any = 0;
            for (int k = i; k < i + STEP; k += Long.BYTES) {
                any |= bytes.getLong(index + k) ^ other.getLong(otherIndex + k);
            }
            if (any != 0) {
                return false;
            }
        }
        return true;
    }
}
