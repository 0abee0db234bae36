package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A request: compact, or extended where extended headers were agreed on. Up to the length the two are alike (proto.md,
 * "Compact request message", "Extended request message").
 *
 * <pre>
 *   0                4       6       8                16               24          28
 *   +----------------+-------+-------+----------------+----------------+-----------+
 *   | 0x25609513     | flags | type  | cookie         | offset         | length    |  payload of a WRITE
 *   +----------------+-------+-------+----------------+----------------+-----------+
 *
 *   0                4       6       8                16               24                    32
 *   +----------------+-------+-------+----------------+----------------+---------------------+
 *   | 0x21e41c71     | flags | type  | cookie         | offset         | length              |  payload if PAYLOAD_LEN
 *   +----------------+-------+-------+----------------+----------------+---------------------+
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class RequestFlyweight {

    /** Bytes of a compact request, without a payload. */
    public static final int LENGTH = 28;
    /** Bytes of an extended request, without a payload. */
    public static final int EXTENDED_LENGTH = 32;

    private static final int MAGIC_OFFSET = 0;
    private static final int FLAGS_OFFSET = 4;
    private static final int TYPE_OFFSET = 6;
    private static final int COOKIE_OFFSET = 8;
    private static final int OFFSET_OFFSET = 16;
    private static final int LENGTH_OFFSET = 24;

    private DirectBuffer buffer;
    private int index;

    public RequestFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public int magic() {
        return buffer.getInt(index + MAGIC_OFFSET, BIG_ENDIAN);
    }

    /** 0 to 65535. */
    public int flags() {
        return buffer.getShort(index + FLAGS_OFFSET, BIG_ENDIAN) & 0xffff;
    }

    /** 0 to 65535. */
    public int type() {
        return buffer.getShort(index + TYPE_OFFSET, BIG_ENDIAN) & 0xffff;
    }

    /** Opaque: any 64 bits. */
    public long cookie() {
        return buffer.getLong(index + COOKIE_OFFSET, BIG_ENDIAN);
    }

    /** Unsigned. */
    public long offset() {
        return buffer.getLong(index + OFFSET_OFFSET, BIG_ENDIAN);
    }

    /** Of a compact request: 0 to 2^32-1. */
    public long length() {
        return buffer.getInt(index + LENGTH_OFFSET, BIG_ENDIAN) & 0xffff_ffffL;
    }

    /** Of an extended request; unsigned. */
    public long extendedLength() {
        return buffer.getLong(index + LENGTH_OFFSET, BIG_ENDIAN);
    }

    /** Builds an extended request at {@code index}, {@link #EXTENDED_LENGTH} bytes. */
    public static void encodeExtended(
            MutableDirectBuffer buffer, int index, int flags, int type, long cookie, long offset, long length) {
        encode(buffer, index, flags, type, cookie, offset, 0);
        buffer.putInt(index + MAGIC_OFFSET, NbdProtocol.EXTENDED_REQUEST_MAGIC, BIG_ENDIAN);
        buffer.putLong(index + LENGTH_OFFSET, length, BIG_ENDIAN);
    }

    /** Builds a compact request at {@code index}, {@link #LENGTH} bytes. */
    public static void encode(
            MutableDirectBuffer buffer, int index, int flags, int type, long cookie, long offset, long length) {
        buffer.putInt(index + MAGIC_OFFSET, NbdProtocol.REQUEST_MAGIC, BIG_ENDIAN);
        buffer.putShort(index + FLAGS_OFFSET, (short) flags, BIG_ENDIAN);
        buffer.putShort(index + TYPE_OFFSET, (short) type, BIG_ENDIAN);
        buffer.putLong(index + COOKIE_OFFSET, cookie, BIG_ENDIAN);
        buffer.putLong(index + OFFSET_OFFSET, offset, BIG_ENDIAN);
        buffer.putInt(index + LENGTH_OFFSET, (int) length, BIG_ENDIAN);
    }

    @Override
    public String toString() {
        return "request{type=" + type() + ", flags=" + flags() + ", cookie=" + Long.toHexString(cookie())
                + ", offset=" + offset() + "}";
    }
}
