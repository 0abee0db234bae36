package io.varve.nbd.wire;

import static io.varve.nbd.wire.NbdProtocol.OPTION_REPLY_MAGIC;
import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The header of one reply to an option (proto.md, "Option haggling"); {@code length} bytes of data follow.
 *
 * <pre>
 *   0                   8        12     16       20
 *   +-------------------+--------+------+--------+----...
 *   | 0003e889 045565a9 | option | type | length | data
 *   +-------------------+--------+------+--------+----...
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class OptionReplyFlyweight {

    public static final int HEADER_LENGTH = 20;

    private static final int MAGIC_OFFSET = 0;
    private static final int OPTION_OFFSET = 8;
    private static final int TYPE_OFFSET = 12;
    private static final int LENGTH_OFFSET = 16;

    private DirectBuffer buffer;
    private int index;

    public OptionReplyFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public static void encode(MutableDirectBuffer buffer, int index, int option, int type, int dataLength) {
        buffer.putLong(index + MAGIC_OFFSET, OPTION_REPLY_MAGIC, BIG_ENDIAN);
        buffer.putInt(index + OPTION_OFFSET, option, BIG_ENDIAN);
        buffer.putInt(index + TYPE_OFFSET, type, BIG_ENDIAN);
        buffer.putInt(index + LENGTH_OFFSET, dataLength, BIG_ENDIAN);
    }

    public boolean hasMagic() {
        return buffer.getLong(index + MAGIC_OFFSET, BIG_ENDIAN) == OPTION_REPLY_MAGIC;
    }

    public int option() {
        return buffer.getInt(index + OPTION_OFFSET, BIG_ENDIAN);
    }

    /** {@code NbdProtocol.REP_*}; negative for an error, because bit 31 says so. */
    public int type() {
        return buffer.getInt(index + TYPE_OFFSET, BIG_ENDIAN);
    }

    /** As announced, 0 to 2^32-1. */
    public long dataLength() {
        return Integer.toUnsignedLong(buffer.getInt(index + LENGTH_OFFSET, BIG_ENDIAN));
    }
}
