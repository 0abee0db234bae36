package io.varve.nbd.session;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.wire.ExtendedChunkFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/** A reply chunk, taken apart. Immutable. */
final class ChunkParser {

    /** Bytes with the header. */
    final int length;
    final int type;
    final boolean last;
    final long cookie;
    /** Of the request, as echoed; -1 where there is none. */
    final long requestOffset;
    /** Of data, hole or error; else -1. */
    final long offset;
    final int error;
    final String message;
    /** Of data; as many zeroes for a hole; the payload of a block status. */
    final byte[] data;

    ChunkParser(DirectBuffer buffer, int index, boolean extended) {
        int magic = buffer.getInt(index, BIG_ENDIAN);
        if (magic != (extended ? NbdProtocol.EXTENDED_REPLY_MAGIC : NbdProtocol.STRUCTURED_REPLY_MAGIC)) {
            throw new AssertionError("no chunk at " + index);
        }
        ExtendedChunkFlyweight header = new ExtendedChunkFlyweight().wrap(buffer, index);
        int payloadLength = extended
                ? Math.toIntExact(header.payloadLength())
                : (int) new StructuredChunkFlyweight().wrap(buffer, index).payloadLength();
        int at = index + (extended ? ExtendedChunkFlyweight.LENGTH : StructuredChunkFlyweight.LENGTH);
        length = at + payloadLength - index;
        type = header.type();
        last = header.flags() == NbdProtocol.REPLY_FLAG_DONE;
        cookie = header.cookie();
        requestOffset = extended ? header.offset() : -1;
        boolean isError = (type & 1 << 15) != 0;
        error = isError ? buffer.getInt(at, BIG_ENDIAN) : 0;
        int textLength = isError ? buffer.getShort(at + 4, BIG_ENDIAN) : 0;
        byte[] text = new byte[textLength];
        if (isError) {
            buffer.getBytes(at + 6, text);
        }
        message = new String(text, StandardCharsets.UTF_8);
        offset = switch (type) {
            case NbdProtocol.REPLY_TYPE_OFFSET_DATA, NbdProtocol.REPLY_TYPE_OFFSET_HOLE ->
                    buffer.getLong(at, BIG_ENDIAN);
            case NbdProtocol.REPLY_TYPE_ERROR_OFFSET -> buffer.getLong(at + 6 + textLength, BIG_ENDIAN);
            default -> -1;
        };
        data = data(buffer, at, payloadLength);
    }

    private byte[] data(DirectBuffer buffer, int at, int payloadLength) {
        switch (type) {
            case NbdProtocol.REPLY_TYPE_OFFSET_DATA:
                byte[] data = new byte[payloadLength - 8];
                buffer.getBytes(at + 8, data);
                return data;
            case NbdProtocol.REPLY_TYPE_OFFSET_HOLE:
                return new byte[buffer.getInt(at + 8, BIG_ENDIAN)];
            case NbdProtocol.REPLY_TYPE_BLOCK_STATUS, NbdProtocol.REPLY_TYPE_BLOCK_STATUS_EXT:
                byte[] status = new byte[payloadLength];
                buffer.getBytes(at, status);
                return status;
            default:
                return new byte[0];
        }
    }
}
