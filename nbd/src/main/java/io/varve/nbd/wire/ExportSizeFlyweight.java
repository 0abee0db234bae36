package io.varve.nbd.wire;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Size and abilities of an export: the answer to EXPORT_NAME, and what follows the type in a REP_INFO of type
 * INFO_EXPORT (proto.md, "NBD_INFO_EXPORT").
 *
 * <pre>
 *   0      8       10
 *   +------+-------+
 *   | size | flags |
 *   +------+-------+
 * </pre>
 *
 * <p>Owned by the thread that reads or builds the message.
 */
public final class ExportSizeFlyweight {

    public static final int LENGTH = 10;

    private static final int SIZE_OFFSET = 0;
    private static final int FLAGS_OFFSET = 8;

    private DirectBuffer buffer;
    private int index;

    public ExportSizeFlyweight wrap(DirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
        return this;
    }

    /** {@code size} in bytes; {@code transmissionFlags} is {@code NbdProtocol.TRANSMIT_*}. */
    public static void encode(MutableDirectBuffer buffer, int index, long size, int transmissionFlags) {
        buffer.putLong(index + SIZE_OFFSET, size, BIG_ENDIAN);
        buffer.putShort(index + FLAGS_OFFSET, (short) transmissionFlags, BIG_ENDIAN);
    }

    /** Bytes; negative when a server claims 2^63 or more. */
    public long size() {
        return buffer.getLong(index + SIZE_OFFSET, BIG_ENDIAN);
    }

    public int transmissionFlags() {
        return buffer.getShort(index + FLAGS_OFFSET, BIG_ENDIAN) & 0xffff;
    }
}
