package io.varve.nbd.session;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.export.StatusSink;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Builds the BLOCK_STATUS chunk of one context in place, in the open batch.
 *
 * <p>Owned by the agent of the connection.
 */
final class StatusReply implements StatusSink {

    /** A chunk stays well inside a batch; the client asks again for the rest (proto.md allows short answers). */
    private static final int MAX_EXTENTS = 4096;

    private final TransmitQueue transmit;
    private UnsafeBuffer buffer;
    private int start;
    private int extentCount;
    private int maxExtents;
    private long lastLength;
    private int lastFlags;

    StatusReply(TransmitQueue transmit) {
        this.transmit = transmit;
    }

    void begin(boolean onlyOne) {
        maxExtents = onlyOne ? 1 : MAX_EXTENTS;
        transmit.reserve(StructuredChunkFlyweight.STATUS_HEADER_LENGTH
                + maxExtents * StructuredChunkFlyweight.STATUS_EXTENT_LENGTH);
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
        int index = start + StructuredChunkFlyweight.STATUS_HEADER_LENGTH
                + (extentCount - 1) * StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;
        // A request is shorter than 4 GiB, and no extent reaches beyond it.
        buffer.putInt(index, (int) lastLength, BIG_ENDIAN);
        buffer.putInt(index + Integer.BYTES, lastFlags, BIG_ENDIAN);
    }

    void end(long cookie, int contextId, boolean lastContext) {
        int payloadLength = Integer.BYTES + extentCount * StructuredChunkFlyweight.STATUS_EXTENT_LENGTH;
        StructuredChunkFlyweight.encode(buffer, start, lastContext ? NbdProtocol.REPLY_FLAG_DONE : 0,
                NbdProtocol.REPLY_TYPE_BLOCK_STATUS, cookie, payloadLength);
        buffer.putInt(start + StructuredChunkFlyweight.LENGTH, contextId, BIG_ENDIAN);
        transmit.commit(StructuredChunkFlyweight.LENGTH + payloadLength);
    }
}
