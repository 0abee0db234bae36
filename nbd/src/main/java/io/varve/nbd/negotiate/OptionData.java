package io.varve.nbd.negotiate;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.wire.InvalidStringException;
import io.varve.nbd.wire.WireString;
import org.agrona.DirectBuffer;

/**
 * Reads the data of one option from front to back. Whatever is not there, or not as it must be, becomes ERR_INVALID.
 *
 * <p>Owned by the thread that drives the handshake.
 */
final class OptionData {

    private final DirectBuffer buffer;
    private final int limit;
    private int position;

    OptionData(DirectBuffer buffer, int length) {
        this.buffer = buffer;
        this.limit = length;
    }

    int remaining() {
        return limit - position;
    }

    int takeUnsignedShort(String what) throws OptionRefused {
        demand(Short.BYTES, what);
        final int value = buffer.getShort(position, BIG_ENDIAN) & 0xffff;
        position += Short.BYTES;
        return value;
    }

    long takeUnsignedInt(String what) throws OptionRefused {
        demand(Integer.BYTES, what);
        final long value = Integer.toUnsignedLong(buffer.getInt(position, BIG_ENDIAN));
        position += Integer.BYTES;
        return value;
    }

    /** A u32 with the length, then that many bytes of UTF-8. */
    String takeString(String what) throws OptionRefused {
        return takeString(takeUnsignedInt("length of the " + what), what);
    }

    /** {@code length} bytes of UTF-8; any value is safe. */
    String takeString(long length, String what) throws OptionRefused {
        demand(length, what);
        try {
            final String value = WireString.decode(buffer, position, length);
            position += (int) length;
            return value;
        } catch (final InvalidStringException e) {
            throw OptionRefused.invalid("bad " + what + ": " + e.getMessage());
        }
    }

    void demandEnd() throws OptionRefused {
        if (remaining() != 0) {
            throw OptionRefused.invalid(remaining() + " bytes too many in the data of the option");
        }
    }

    private void demand(long length, String what) throws OptionRefused {
        if (length > remaining()) {
            throw OptionRefused.invalid(
                    "the " + what + " needs " + length + " bytes, the option has " + remaining() + " left");
        }
    }
}
