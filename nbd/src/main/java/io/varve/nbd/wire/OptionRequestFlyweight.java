package io.varve.nbd.wire;

import static io.varve.nbd.wire.NbdProtocol.OPTION_MAGIC;
import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The header of an option that a client sends (proto.md, "Option haggling"); {@code length} bytes of data follow.
 *
 * <pre>
 *   0          8        12       16
 *   +----------+--------+--------+----...
 *   | IHAVEOPT | option | length | data
 *   +----------+--------+--------+----...
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class OptionRequestFlyweight {

    public static final int HEADER_LENGTH = 16;

    private static final int MAGIC_OFFSET = 0;
    private static final int OPTION_OFFSET = 8;
    private static final int LENGTH_OFFSET = 12;

    private DirectBuffer buffer;
    private int index;

    public OptionRequestFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public static void encode(MutableDirectBuffer buffer, int index, int option, int dataLength) {
        buffer.putLong(index + MAGIC_OFFSET, OPTION_MAGIC, BIG_ENDIAN);
        buffer.putInt(index + OPTION_OFFSET, option, BIG_ENDIAN);
        buffer.putInt(index + LENGTH_OFFSET, dataLength, BIG_ENDIAN);
    }

    public boolean hasMagic() {
        return buffer.getLong(index + MAGIC_OFFSET, BIG_ENDIAN) == OPTION_MAGIC;
    }

    /** Any 32 bits; the defined values are {@code NbdProtocol.OPT_*}. */
    public int option() {
        return buffer.getInt(index + OPTION_OFFSET, BIG_ENDIAN);
    }

    /** As announced, 0 to 2^32-1; nothing is known about what follows. */
    public long dataLength() {
        return Integer.toUnsignedLong(buffer.getInt(index + LENGTH_OFFSET, BIG_ENDIAN));
    }
}
