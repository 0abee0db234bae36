package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import java.util.Arrays;

/** Judges what is inside chunks of success. Owned by the thread of the test. */
final class ChunkOracle {

    private static final int NONE = 0;
    private static final int OFFSET_DATA = 1;
    private static final int OFFSET_HOLE = 2;
    private static final int BLOCK_STATUS = 5;
    private static final int BLOCK_STATUS_EXT = 6;
    private static final byte[] ZEROES = new byte[1 << 16];

    private final Bytes received;
    private Facts facts;

    ChunkOracle(Bytes received) {
        this.received = received;
    }

    void reset(Facts newFacts) {
        facts = newFacts;
    }

    void judge(ClientRequest request, int type, int at, int length) {
        switch (type) {
            case NONE -> require(length == 0, "a NONE chunk with content");
            case OFFSET_DATA -> {
                require(length > 8, "a data chunk of @ bytes", length);
                int index = cover(request, received.getU64(at), length - 8);
                requireBytes(request, index, at + 8, length - 8);
            }
            case OFFSET_HOLE -> {
                require(length == 12, "a hole chunk of @ bytes", length);
                int holeLength = received.getU32(at + 8);
                require(holeLength > 0, "a hole of @ bytes", holeLength);
                requireZeroes(request, cover(request, received.getU64(at), holeLength), holeLength);
            }
            case BLOCK_STATUS -> {
                require(!facts.extended() && length >= 12 && (length - 4) % 8 == 0, "a status of @ bytes", length);
                judgeStatus(request, received.getU32(at), at + 4, (length - 4) / 8);
            }
            case BLOCK_STATUS_EXT -> {
                require(facts.extended() && length >= 24 && (length - 8) % 16 == 0
                        && received.getU32(at + 4) == (length - 8) / 16, "a status of @ bytes", length);
                judgeStatus(request, received.getU32(at), at + 8, (length - 8) / 16);
            }
            default -> throw new Fault("a chunk of type " + type + " for a " + request);
        }
    }

    /** Whether nothing is missing after the last chunk. */
    boolean isComplete(ClientRequest request) {
        if (request.type == RequestRules.READ) {
            return request.cover.length() == request.length;
        }
        if (request.type == RequestRules.BLOCK_STATUS) {
            return Arrays.equals(request.asked, request.contextAnswered);
        }
        return true;
    }

    /** @return byte of the request where the content begins */
    private int cover(ClientRequest request, long offset, long length) {
        require(request.type == RequestRules.READ, "content in the answer to @", request);
        require(offset >= request.offset && length <= request.length
                        && offset - request.offset <= request.length - length,
                "content @+@ outside of @", offset, length, request);
        require(request.cover.add(offset, offset + length), "content @+@ twice in @", offset, length, request);
        require(!request.is(RequestRules.DF) || request.chunkCount == 1, "two chunks for a READ with DF");
        return (int) (offset - request.offset);
    }

    /** The bytes of a message, as the disk gave them. @param index of the first, in the request */
    void requireBytes(ClientRequest request, int index, int at, int length) {
        int from = received.from() + at;
        int expected = request.expected.from() + index;
        int wrong = Arrays.mismatch(received.array(), from, from + length,
                request.expected.array(), expected, expected + length);
        require(wrong < 0, "other bytes than the disk's from @ on in @", index + wrong, request);
    }

    private static void requireZeroes(ClientRequest request, int index, int length) {
        for (int done = 0; done < length; done += ZEROES.length) {
            int piece = Math.min(ZEROES.length, length - done);
            int from = request.expected.from() + index + done;
            require(Arrays.equals(request.expected.array(), from, from + piece, ZEROES, 0, piece),
                "a hole where the disk has data, in @", request);
        }
    }

    private void judgeStatus(ClientRequest request, int id, int at, int count) {
        int context = facts.contextIndex(id);
        require(request.type == RequestRules.BLOCK_STATUS && context >= 0 && request.asked[context],
                "a status of context @ for @", id, request);
        require(!request.contextAnswered[context], "context @ twice for @", id, request);
        request.contextAnswered[context] = true;
        require(!request.is(RequestRules.REQ_ONE) || count == 1, "@ extents, although one was asked for", count);
        require(count <= 1 << 20, "@ extents", count);
        long left = request.length;
        for (int i = 0; i < count; i++) {
            long extent = facts.extended() ? received.getU64(at + 16 * i) : received.getU32(at + 8 * i) & 0xffff_ffffL;
            long flags = facts.extended() ? received.getU64(at + 16 * i + 8) : received.getU32(at + 8 * i + 4);
            require(extent > 0 && extent <= left, "extent of @ bytes where @ are left, in a @", extent, left, request);
            left -= extent;
            requireTold(request, context, i, extent, flags, i == count - 1);
        }
    }

    private static void requireTold(
            ClientRequest request, int context, int index, long extent, long flags, boolean last) {
        require(index < request.toldCount[context], "an extent that the disk did not tell");
        long told = request.told[context][2 * index];
        require(flags == request.told[context][2 * index + 1] && (extent == told || last && extent < told),
                "extent @ of @ bytes is not what the disk told for @", index, extent, request);
    }
}
