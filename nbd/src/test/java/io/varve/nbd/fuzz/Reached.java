package io.varve.nbd.fuzz;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Which situations inputs have met, and how often, to see that they get where the faults may be.
 *
 * <p>Owned by the thread of the test.
 */
final class Reached {

    private static final int SIZE = 1 << 16;
    private static final int ENDS = 0xff00;
    private static final int OPTIONS = 0xe000;

    private final int[] counts = new int[SIZE];
    private int reachedCount;

    /** A request of a kind, with flags that change the answer, was answered so, in one chunk or several. */
    void answer(int style, ClientRequest request, int error) {
        int flags = request.flags >> 2 & 15;
        int type = Math.min(request.type, 8);
        int outcome = Math.min(error, 127) * 5 % 61 & 15;
        add(style << 12 | type << 8 & 0xf00 | outcome << 4 | (request.chunkCount > 1 ? 8 : 0) | flags & 7);
    }

    /** @param how   0 broken by the client, 1 DISC, 2 the server stopped, 3 else */
    void end(int how, int parkedCount, long unsentLength) {
        add(ENDS | how << 4 | Math.min(3, parkedCount) << 2 | (unsentLength == 0 ? 0 : unsentLength < 65536 ? 1 : 2));
    }

    void option(int option, int replyType) {
        add(OPTIONS | (option > 0 && option < 12 ? option : 15) << 5 | (replyType < 0 ? 16 : 0) | replyType & 15);
    }

    private void add(int index) {
        if (counts[index]++ == 0) {
            reachedCount++;
        }
    }

    void clear() {
        Arrays.fill(counts, 0);
        reachedCount = 0;
    }

    /** Numbers of those that were met. */
    BitSet situations() {
        BitSet situations = new BitSet();
        for (int i = 0; i < SIZE; i++) {
            if (counts[i] > 0) {
                situations.set(i);
            }
        }
        return situations;
    }

    /** Different situations. */
    int count() {
        return reachedCount;
    }

    /** How often an answer of this kind came. @param error 0 for success */
    int successes(int style, int type) {
        return Arrays.stream(counts, style << 12 | type << 8, (style << 12 | type << 8) + 16).sum();
    }
}
