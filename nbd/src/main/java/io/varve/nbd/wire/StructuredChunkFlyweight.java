package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A structured reply chunk and what stands at the start of its payload (proto.md, "Structured reply chunk message").
 *
 * <pre>
 *   0                4       6       8                16               20
 *   +----------------+-------+-------+----------------+----------------+
 *   | 0x668e33ef     | flags | type  | cookie         | payload length |  payload
 *   +----------------+-------+-------+----------------+----------------+
 *
 *   OFFSET_DATA   u64 offset, data            BLOCK_STATUS  u32 context, { u32 length, u32 flags }*
 *   OFFSET_HOLE   u64 offset, u32 length      ERROR         u32 error, u16 message length, message
 *                                             ERROR_OFFSET  the same, u64 offset
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class StructuredChunkFlyweight {

    /** Bytes, without the payload. */
    public static final int LENGTH = 20;
    /** Bytes of one extent of a BLOCK_STATUS chunk. */
    public static final int STATUS_EXTENT_LENGTH = 8;

    private static final int MAGIC_OFFSET = 0;
    private static final int FLAGS_OFFSET = 4;
    private static final int TYPE_OFFSET = 6;
    private static final int COOKIE_OFFSET = 8;
    private static final int PAYLOAD_LENGTH_OFFSET = 16;

    private DirectBuffer buffer;
    private int index;

    public StructuredChunkFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public int magic() {
        return buffer.getInt(index + MAGIC_OFFSET, BIG_ENDIAN);
    }

    public int flags() {
        return buffer.getShort(index + FLAGS_OFFSET, BIG_ENDIAN) & 0xffff;
    }

    public int type() {
        return buffer.getShort(index + TYPE_OFFSET, BIG_ENDIAN) & 0xffff;
    }

    public long cookie() {
        return buffer.getLong(index + COOKIE_OFFSET, BIG_ENDIAN);
    }

    /** 0 to 2^32-1. */
    public long payloadLength() {
        return buffer.getInt(index + PAYLOAD_LENGTH_OFFSET, BIG_ENDIAN) & 0xffff_ffffL;
    }

    /** Builds a header, {@link #LENGTH} bytes. */
    public static void encode(
            MutableDirectBuffer buffer, int index, int flags, int type, long cookie, int payloadLength) {
        buffer.putInt(index + MAGIC_OFFSET, NbdProtocol.STRUCTURED_REPLY_MAGIC, BIG_ENDIAN);
        buffer.putShort(index + FLAGS_OFFSET, (short) flags, BIG_ENDIAN);
        buffer.putShort(index + TYPE_OFFSET, (short) type, BIG_ENDIAN);
        buffer.putLong(index + COOKIE_OFFSET, cookie, BIG_ENDIAN);
        buffer.putInt(index + PAYLOAD_LENGTH_OFFSET, payloadLength, BIG_ENDIAN);
    }
}
