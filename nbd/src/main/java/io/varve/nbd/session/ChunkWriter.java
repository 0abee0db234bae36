package io.varve.nbd.session;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.wire.ExtendedChunkFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import org.agrona.MutableDirectBuffer;

/**
 * Writes reply chunks in the style of the connection. Every method says, or returns, how many bytes it wrote.
 *
 * <p>Immutable.
 */
final class ChunkWriter {

    /** Bytes of any error chunk. */
    static final int MAX_ERROR_LENGTH = ExtendedChunkFlyweight.LENGTH
            + Integer.BYTES + Short.BYTES + Failure.MAX_TEXT_LENGTH + Long.BYTES;

    private static final int HOLE_PAYLOAD_LENGTH = Long.BYTES + Integer.BYTES;
    private static final int FLAGS_OFFSET = 4;

    private final boolean extended;
    private final int headerLength;

    ChunkWriter(ReplyStyle style) {
        extended = style == ReplyStyle.EXTENDED;
        headerLength = extended ? ExtendedChunkFlyweight.LENGTH : StructuredChunkFlyweight.LENGTH;
    }

    boolean extended() {
        return extended;
    }

    /** Bytes of a chunk without its payload. */
    int headerLength() {
        return headerLength;
    }

    /** Bytes in front of the data of an OFFSET_DATA chunk. */
    int dataHeaderLength() {
        return headerLength + Long.BYTES;
    }

    /** Bytes of a whole OFFSET_HOLE chunk. */
    int holeLength() {
        return headerLength + HOLE_PAYLOAD_LENGTH;
    }

    /** {@link #headerLength()} bytes. @param requestOffset echoed where the style has room for it */
    void header(
            MutableDirectBuffer buffer, int index, int flags, int type, long cookie, long requestOffset, int length) {
        if (extended) {
            ExtendedChunkFlyweight.encode(buffer, index, flags, type, cookie, requestOffset, length);
        } else {
            StructuredChunkFlyweight.encode(buffer, index, flags, type, cookie, length);
        }
    }

    /** Makes a chunk the last one, after all. */
    void markLast(MutableDirectBuffer buffer, int index) {
        buffer.putShort(index + FLAGS_OFFSET, (short) NbdProtocol.REPLY_FLAG_DONE, BIG_ENDIAN);
    }

    /** The {@link #dataHeaderLength()} bytes in front of {@code dataLength} bytes at {@code dataOffset}. */
    void data(MutableDirectBuffer buffer, int index, int flags, long cookie, long requestOffset, long dataOffset,
            int dataLength) {
        header(buffer, index, flags, NbdProtocol.REPLY_TYPE_OFFSET_DATA, cookie, requestOffset,
                Long.BYTES + dataLength);
        buffer.putLong(index + headerLength, dataOffset, BIG_ENDIAN);
    }

    /** {@link #holeLength()} bytes. */
    void hole(MutableDirectBuffer buffer, int index, int flags, long cookie, long requestOffset, long holeOffset,
            int length) {
        header(buffer, index, flags, NbdProtocol.REPLY_TYPE_OFFSET_HOLE, cookie, requestOffset, HOLE_PAYLOAD_LENGTH);
        buffer.putLong(index + headerLength, holeOffset, BIG_ENDIAN);
        growHole(buffer, index, length);
    }

    /** Sets another length of a hole that was written before. */
    void growHole(MutableDirectBuffer buffer, int index, int length) {
        buffer.putInt(index + headerLength + Long.BYTES, length, BIG_ENDIAN);
    }

    /** The only chunk of a reply. */
    int error(MutableDirectBuffer buffer, int index, long cookie, long requestOffset, Failure failure) {
        return error(buffer, index, NbdProtocol.REPLY_TYPE_ERROR, cookie, requestOffset, failure);
    }

    /** The only chunk of a reply. @param offset where it failed; inside the request */
    int errorAt(MutableDirectBuffer buffer, int index, long cookie, long requestOffset, Failure failure, long offset) {
        int length = error(buffer, index, NbdProtocol.REPLY_TYPE_ERROR_OFFSET, cookie, requestOffset, failure);
        buffer.putLong(index + length - Long.BYTES, offset, BIG_ENDIAN);
        return length;
    }

    private int error(
            MutableDirectBuffer buffer, int index, int type, long cookie, long requestOffset, Failure failure) {
        byte[] text = failure.text();
        int offsetLength = type == NbdProtocol.REPLY_TYPE_ERROR_OFFSET ? Long.BYTES : 0;
        int length = Integer.BYTES + Short.BYTES + text.length + offsetLength;
        header(buffer, index, NbdProtocol.REPLY_FLAG_DONE, type, cookie, requestOffset, length);
        int at = index + headerLength;
        buffer.putInt(at, failure.error().wireValue(), BIG_ENDIAN);
        buffer.putShort(at + Integer.BYTES, (short) text.length, BIG_ENDIAN);
        buffer.putBytes(at + Integer.BYTES + Short.BYTES, text);
        return headerLength + length;
    }
}
