package io.varve.nbd.negotiate;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The next thing that the client is expected to send, as far as it has arrived. Memory grows with what was received,
 * never with what was announced.
 *
 * <p>Owned by the thread that drives the handshake.
 */
final class Pending {

    private static final int INITIAL_LENGTH = 64;

    private byte[] bytes = new byte[INITIAL_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private int length;
    private int missing;
    private boolean keeps;

    /** Expects {@code expectedLength} bytes, and keeps them. */
    void collect(int expectedLength) {
        expect(expectedLength);
        keeps = true;
    }

    /** Expects {@code expectedLength} bytes that nobody will look at. */
    void skip(int expectedLength) {
        expect(expectedLength);
        keeps = false;
    }

    /** Uses as many of the {@code available} bytes as are expected, and says how many. */
    int take(DirectBuffer in, int index, int available) {
        final int taken = Math.min(available, missing);
        if (keeps && taken > 0) {
            makeRoom(taken);
            in.getBytes(index, bytes, length, taken);
            length += taken;
        }
        missing -= taken;
        return taken;
    }

    boolean isComplete() {
        return missing == 0;
    }

    /** What was kept, from index 0; valid until the next {@link #collect}, {@link #skip} or {@link #take}. */
    DirectBuffer buffer() {
        return buffer;
    }

    int length() {
        return length;
    }

    private void expect(int expectedLength) {
        length = 0;
        missing = expectedLength;
    }

    private void makeRoom(int addedLength) {
        final int neededLength = length + addedLength;
        if (neededLength > bytes.length) {
            final int expectedLength = length + missing;
            bytes = Arrays.copyOf(bytes, Math.min(expectedLength, Math.max(neededLength, 2 * bytes.length)));
            buffer.wrap(bytes);
        }
    }
}
