package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What follows the type in a REP_INFO of type INFO_BLOCK_SIZE (proto.md, "Size constraints"); all in bytes.
 *
 * <pre>
 *   0         4           8                 12
 *   +---------+-----------+-----------------+
 *   | minimum | preferred | maximum payload |
 *   +---------+-----------+-----------------+
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class BlockSizeFlyweight {

    public static final int LENGTH = 12;

    private static final int MINIMUM_OFFSET = 0;
    private static final int PREFERRED_OFFSET = 4;
    private static final int MAXIMUM_PAYLOAD_OFFSET = 8;

    private DirectBuffer buffer;
    private int index;

    public BlockSizeFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    /** {@code maximumPayload} is that of one request or reply. */
    public static void encode(
            MutableDirectBuffer buffer, int index, int minimum, int preferred, int maximumPayload) {
        buffer.putInt(index + MINIMUM_OFFSET, minimum, BIG_ENDIAN);
        buffer.putInt(index + PREFERRED_OFFSET, preferred, BIG_ENDIAN);
        buffer.putInt(index + MAXIMUM_PAYLOAD_OFFSET, maximumPayload, BIG_ENDIAN);
    }

    public long minimum() {
        return Integer.toUnsignedLong(buffer.getInt(index + MINIMUM_OFFSET, BIG_ENDIAN));
    }

    public long preferred() {
        return Integer.toUnsignedLong(buffer.getInt(index + PREFERRED_OFFSET, BIG_ENDIAN));
    }

    /** Up to 2^32-1, which means "no limit". */
    public long maximumPayload() {
        return Integer.toUnsignedLong(buffer.getInt(index + MAXIMUM_PAYLOAD_OFFSET, BIG_ENDIAN));
    }
}
