package io.varve.nbd.client;

import java.util.BitSet;

/**
 * The bytes of one structured READ, and which of them have arrived. Every byte must come exactly once, as data or in
 * a hole.
 *
 * <p>Owned by the thread that uses the client.
 */
final class ReadContent {

    private final Request request;
    private final byte[] data;
    private final BitSet covered = new BitSet();
    private int chunkCount;

    /** @param request of at most {@code NbdProtocol.MAX_PAYLOAD_LENGTH} bytes */
    ReadContent(Request request) {
        this.request = request;
        this.data = new byte[(int) request.length()];
    }

    /** All of it; zero where a hole was. */
    byte[] data() {
        return data;
    }

    int chunkCount() {
        return chunkCount;
    }

    /**
     * Marks a chunk's range as arrived.
     *
     * @param offset byte in the export, as received
     * @param length bytes, as received
     * @return index of its first byte in {@link #data()}
     */
    int cover(long offset, long length) throws ProtocolException {
        final long start = offset - request.offset();
        if (length <= 0 || start < 0 || start > data.length || length > data.length - start) {
            throw new ProtocolException(request + " is answered with " + length + " bytes at "
                    + Long.toUnsignedString(offset));
        }
        final int from = (int) start;
        final int to = (int) (start + length);
        final int next = covered.nextSetBit(from);
        if (next >= 0 && next < to) {
            throw new ProtocolException(request + " is answered twice at " + (request.offset() + next));
        }
        covered.set(from, to);
        chunkCount++;
        return from;
    }

    void demandComplete() throws ProtocolException {
        final int missing = covered.nextClearBit(0);
        if (missing < data.length) {
            throw new ProtocolException(request + " is answered without the byte at " + (request.offset() + missing));
        }
    }
}
