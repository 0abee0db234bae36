package io.varve.nbd.session;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.StatusSink;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import io.varve.nbd.wire.ExtendedChunkFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Answers BLOCK_STATUS with one chunk for each context that was selected, or that the payload of the request names:
 * built in place, in the open batch.
 *
 * <pre>
 *   payload   u64 length of the request, { u32 context }*
 * </pre>
 *
 * <p>Owned by the agent of the connection.
 */
final class StatusReply implements StatusSink {

    /** A chunk stays well inside a batch; the client asks again for the rest (proto.md allows short answers). */
    private static final int MAX_EXTENTS = 4096;

    private final TransmitQueue transmit;
    private final ChunkWriter chunks;
    private final Export export;
    private final List<SelectedContext> contexts;
    /** By position in {@link #contexts}: whether the request at hand asks for it. */
    private final boolean[] asked;
    private final int prefixLength;
    private final int extentLength;

    private UnsafeBuffer buffer;
    private int start;
    private int extentCount;
    private int maxExtents;
    private long lastLength;
    private int lastFlags;

    StatusReply(TransmitQueue transmit, ChunkWriter chunks, Export export, List<SelectedContext> contexts) {
        this.transmit = transmit;
        this.chunks = chunks;
        this.export = export;
        this.contexts = contexts;
        this.asked = new boolean[contexts.size()];
        boolean extended = chunks.extended();
        this.prefixLength = extended ? 2 * Integer.BYTES : Integer.BYTES;
        this.extentLength = extended
                ? ExtendedChunkFlyweight.STATUS_EXTENT_LENGTH
                : StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;
    }

    /** The next answer is for all contexts. @return how many */
    int askAll() {
        Arrays.fill(asked, true);
        return asked.length;
    }

    /** Bytes of the longest payload that can be valid, and of which more than this need not be looked at. */
    int maxPayloadLength() {
        return Long.BYTES + asked.length * Integer.BYTES;
    }

    /**
     * The next answer is for the contexts that a payload names.
     *
     * @param length bytes, at most {@link #maxPayloadLength()}
     * @return how many; 0 if the payload is not valid
     */
    int ask(DirectBuffer payload, int index, int length) {
        Arrays.fill(asked, false);
        int count = (length - Long.BYTES) / Integer.BYTES;
        if (length % Integer.BYTES != 0) {
            return 0;
        }
        for (int i = 0; i < count; i++) {
            if (!ask(payload.getInt(index + Long.BYTES + i * Integer.BYTES, BIG_ENDIAN))) {
                return 0;
            }
        }
        return Math.max(0, count);
    }

    private boolean ask(int wireId) {
        for (int i = 0; i < asked.length; i++) {
            if (contexts.get(i).wireId() == wireId && !asked[i]) {
                asked[i] = true;
                return true;
            }
        }
        return false;
    }

    /** @param count what {@link #ask} or {@link #askAll} returned */
    void answer(int count, int commandFlags, long cookie, long offset, long length) {
        int left = count;
        for (int i = 0; i < asked.length; i++) {
            if (asked[i]) {
                left--;
                begin((commandFlags & NbdProtocol.CMD_FLAG_REQ_ONE) != 0);
                export.blockStatus(contexts.get(i).contextIndex(), offset, length, this);
                end(cookie, offset, contexts.get(i).wireId(), left == 0);
            }
        }
    }

    private void begin(boolean onlyOne) {
        maxExtents = onlyOne ? 1 : MAX_EXTENTS;
        transmit.reserve(chunks.headerLength() + prefixLength + maxExtents * extentLength);
        buffer = transmit.batch();
        start = transmit.filled();
        extentCount = 0;
        lastLength = 0;
    }

    @Override
    public boolean add(long length, int flags) {
        assert length > 0 : "an extent of " + length + " bytes";
        if (extentCount > 0 && flags == lastFlags) {
            lastLength += length;
            putLast();
            return true;
        }
        if (extentCount == maxExtents) {
            return false;
        }
        extentCount++;
        lastLength = length;
        lastFlags = flags;
        putLast();
        return true;
    }

    private void putLast() {
        int index = start + chunks.headerLength() + prefixLength + (extentCount - 1) * extentLength;
        if (chunks.extended()) {
            buffer.putLong(index, lastLength, BIG_ENDIAN);
            buffer.putLong(index + Long.BYTES, lastFlags & 0xffff_ffffL, BIG_ENDIAN);
        } else {
            // A compact request is shorter than 4 GiB, and no extent reaches beyond it.
            buffer.putInt(index, (int) lastLength, BIG_ENDIAN);
            buffer.putInt(index + Integer.BYTES, lastFlags, BIG_ENDIAN);
        }
    }

    private void end(long cookie, long offset, int contextId, boolean lastContext) {
        int payloadLength = prefixLength + extentCount * extentLength;
        int type = chunks.extended() ? NbdProtocol.REPLY_TYPE_BLOCK_STATUS_EXT : NbdProtocol.REPLY_TYPE_BLOCK_STATUS;
        chunks.header(buffer, start, lastContext ? NbdProtocol.REPLY_FLAG_DONE : 0, type, cookie, offset,
                payloadLength);
        int index = start + chunks.headerLength();
        buffer.putInt(index, contextId, BIG_ENDIAN);
        if (chunks.extended()) {
            buffer.putInt(index + Integer.BYTES, extentCount, BIG_ENDIAN);
        }
        transmit.commit(chunks.headerLength() + payloadLength);
    }
}
