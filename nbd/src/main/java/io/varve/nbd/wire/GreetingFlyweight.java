package io.varve.nbd.wire;

import static io.varve.nbd.wire.NbdProtocol.GREETING_MAGIC;
import static io.varve.nbd.wire.NbdProtocol.OPTION_MAGIC;
import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The first words of a server (proto.md, "Newstyle negotiation").
 *
 * <pre>
 *   0        8          16      18
 *   +--------+----------+-------+
 *   |NBDMAGIC| IHAVEOPT | flags |
 *   +--------+----------+-------+
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class GreetingFlyweight {

    public static final int LENGTH = 18;
    /** What the client answers: its flags, four bytes. */
    public static final int CLIENT_FLAGS_LENGTH = 4;

    private static final int MAGIC_OFFSET = 0;
    private static final int OPTION_MAGIC_OFFSET = 8;
    private static final int FLAGS_OFFSET = 16;

    private DirectBuffer buffer;
    private int index;

    public GreetingFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    public static void encode(MutableDirectBuffer buffer, int index, int handshakeFlags) {
        buffer.putLong(index + MAGIC_OFFSET, GREETING_MAGIC, BIG_ENDIAN);
        buffer.putLong(index + OPTION_MAGIC_OFFSET, OPTION_MAGIC, BIG_ENDIAN);
        buffer.putShort(index + FLAGS_OFFSET, (short) handshakeFlags, BIG_ENDIAN);
    }

    /** Whether the other side is an NBD server at all. */
    public boolean hasMagic() {
        return buffer.getLong(index + MAGIC_OFFSET, BIG_ENDIAN) == GREETING_MAGIC;
    }

    /** Whether it is a newstyle server; oldstyle servers have another number here. */
    public boolean isNewstyle() {
        return buffer.getLong(index + OPTION_MAGIC_OFFSET, BIG_ENDIAN) == OPTION_MAGIC;
    }

    public int flags() {
        return buffer.getShort(index + FLAGS_OFFSET, BIG_ENDIAN) & 0xffff;
    }
}
