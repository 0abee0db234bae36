package io.varve.nbd.client;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.wire.InvalidStringException;
import io.varve.nbd.wire.WireString;
import org.agrona.DirectBuffer;

/**
 * Reads the data of a reply from front to back; what is not there is a {@link ProtocolException}.
 *
 * <p>Owned by the thread that uses the client.
 */
final class ReplyReader {

    private final DirectBuffer buffer;
    private int position;

    ReplyReader(DirectBuffer buffer) {
        this.buffer = buffer;
    }

    int remaining() {
        return buffer.capacity() - position;
    }

    int takeUnsignedShort(String what) throws ProtocolException {
        return buffer.getShort(take(Short.BYTES, what), BIG_ENDIAN) & 0xffff;
    }

    int takeInt(String what) throws ProtocolException {
        return buffer.getInt(take(Integer.BYTES, what), BIG_ENDIAN);
    }

    long takeUnsignedInt(String what) throws ProtocolException {
        return Integer.toUnsignedLong(takeInt(what));
    }

    long takeLong(String what) throws ProtocolException {
        return buffer.getLong(take(Long.BYTES, what), BIG_ENDIAN);
    }

    /** {@code length} bytes of UTF-8; any value is safe. */
    String takeString(long length, String what) throws ProtocolException {
        final int start = take(length, what);
        try {
            return WireString.decode(buffer, start, length);
        } catch (final InvalidStringException e) {
            throw new ProtocolException("bad " + what + ": " + e.getMessage());
        }
    }

    /** The index of {@code length} bytes in {@link #buffer()}, which are thereby read. */
    int take(long length, String what) throws ProtocolException {
        if (length > remaining()) {
            throw new ProtocolException(
                    "the " + what + " needs " + length + " bytes, the reply has " + remaining() + " left");
        }
        final int start = position;
        position += (int) length;
        return start;
    }

    void demandEnd(String what) throws ProtocolException {
        if (remaining() != 0) {
            throw new ProtocolException(remaining() + " bytes too many in the " + what);
        }
    }

    DirectBuffer buffer() {
        return buffer;
    }
}
