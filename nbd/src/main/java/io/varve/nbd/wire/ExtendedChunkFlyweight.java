package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A reply chunk where extended headers were agreed on (proto.md of the branch extension-ext-header, "Extended reply
 * chunk message"). Its payload is that of a structured chunk, but for BLOCK_STATUS.
 *
 * <pre>
 *   0                4       6       8                16               24                    32
 *   +----------------+-------+-------+----------------+----------------+---------------------+
 *   | 0x6e8a278c     | flags | type  | cookie         | request offset | payload length      |  payload
 *   +----------------+-------+-------+----------------+----------------+---------------------+
 *
 *   BLOCK_STATUS_EXT  u32 context, u32 count, { u64 length, u64 flags }*
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class ExtendedChunkFlyweight {

    /** Bytes, without the payload. */
    public static final int LENGTH = 32;
    /** Bytes of one extent of a BLOCK_STATUS_EXT chunk. */
    public static final int STATUS_EXTENT_LENGTH = 16;

    private static final int MAGIC_OFFSET = 0;
    private static final int FLAGS_OFFSET = 4;
    private static final int TYPE_OFFSET = 6;
    private static final int COOKIE_OFFSET = 8;
    private static final int OFFSET_OFFSET = 16;
    private static final int PAYLOAD_LENGTH_OFFSET = 24;

    private DirectBuffer buffer;
    private int index;

    public ExtendedChunkFlyweight wrap(DirectBuffer buffer, int index) {
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

    /** Of the request that is answered; unsigned. */
    public long offset() {
        return buffer.getLong(index + OFFSET_OFFSET, BIG_ENDIAN);
    }

    /** Unsigned. */
    public long payloadLength() {
        return buffer.getLong(index + PAYLOAD_LENGTH_OFFSET, BIG_ENDIAN);
    }

    /** Builds a header, {@link #LENGTH} bytes. @param offset of the request */
    public static void encode(
            MutableDirectBuffer buffer, int index, int flags, int type, long cookie, long offset, long payloadLength) {
        buffer.putInt(index + MAGIC_OFFSET, NbdProtocol.EXTENDED_REPLY_MAGIC, BIG_ENDIAN);
        buffer.putShort(index + FLAGS_OFFSET, (short) flags, BIG_ENDIAN);
        buffer.putShort(index + TYPE_OFFSET, (short) type, BIG_ENDIAN);
        buffer.putLong(index + COOKIE_OFFSET, cookie, BIG_ENDIAN);
        buffer.putLong(index + OFFSET_OFFSET, offset, BIG_ENDIAN);
        buffer.putLong(index + PAYLOAD_LENGTH_OFFSET, payloadLength, BIG_ENDIAN);
    }
}
