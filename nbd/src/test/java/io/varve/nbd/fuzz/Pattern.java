package io.varve.nbd.fuzz;

import java.util.Random;

/** Bytes that look like nothing else. Immutable. */
final class Pattern {

    private static final int LENGTH = 1 << 16;
    private static final byte[] BYTES = new byte[2 * LENGTH];

    static {
        new Random(1).nextBytes(BYTES);
        for (int i = 0; i < BYTES.length; i++) {
            BYTES[i] |= 1;
        }
    }

    private Pattern() {}

    /** Writes {@code length} bytes, none of them 0, others for another {@code seed}. */
    static void copy(byte[] to, int index, int length, int seed) {
        int from = (seed * 40503 & Integer.MAX_VALUE) % LENGTH;
        for (int done = 0; done < length; ) {
            int piece = Math.min(LENGTH, length - done);
            System.arraycopy(BYTES, from, to, index + done, piece);
            done += piece;
        }
    }
}
