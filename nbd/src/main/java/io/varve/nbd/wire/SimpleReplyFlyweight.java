package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A simple reply (proto.md, "Simple reply message").
 *
 * <pre>
 *   0                4                8                16
 *   +----------------+----------------+----------------+
 *   | 0x67446698     | error          | cookie         |  payload of a READ without error
 *   +----------------+----------------+----------------+
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class SimpleReplyFlyweight {

    /** Bytes, without a payload. */
    public static final int LENGTH = 16;

    private static final int MAGIC_OFFSET = 0;
    private static final int ERROR_OFFSET = 4;
    private static final int COOKIE_OFFSET = 8;

    private DirectBuffer buffer;
    private int index;

    public SimpleReplyFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public int magic() {
        return buffer.getInt(index + MAGIC_OFFSET, BIG_ENDIAN);
    }

    /** 0, or a value of {@link io.varve.nbd.export.NbdError}. */
    public int error() {
        return buffer.getInt(index + ERROR_OFFSET, BIG_ENDIAN);
    }

    public long cookie() {
        return buffer.getLong(index + COOKIE_OFFSET, BIG_ENDIAN);
    }

    /** Builds a reply at {@code index}, {@link #LENGTH} bytes. */
    public static void encode(MutableDirectBuffer buffer, int index, int error, long cookie) {
        buffer.putInt(index + MAGIC_OFFSET, NbdProtocol.SIMPLE_REPLY_MAGIC, BIG_ENDIAN);
        buffer.putInt(index + ERROR_OFFSET, error, BIG_ENDIAN);
        buffer.putLong(index + COOKIE_OFFSET, cookie, BIG_ENDIAN);
    }
}
