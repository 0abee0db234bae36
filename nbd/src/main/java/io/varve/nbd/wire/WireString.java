package io.varve.nbd.wire;

import static io.varve.nbd.wire.NbdProtocol.MAX_STRING_LENGTH;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Strings on the wire: UTF-8, no NUL, at most 4096 bytes (proto.md, "Values").
 *
 * <p>Immutable.
 */
public final class WireString {

    private WireString() {}

    /**
     * @param length of any value; everything but 0 to 4096 is refused before a byte is touched
     * @throws InvalidStringException if it is too long, holds a NUL, or is not UTF-8
     */
    public static String decode(DirectBuffer buffer, int index, long length) throws InvalidStringException {
        if (length < 0 || length > MAX_STRING_LENGTH) {
            throw new InvalidStringException(
                    "a string of " + length + " bytes is longer than " + MAX_STRING_LENGTH);
        }
        final byte[] bytes = new byte[(int) length];
        buffer.getBytes(index, bytes);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                throw new InvalidStringException("a string holds a NUL at byte " + i);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (final CharacterCodingException e) {
            throw new InvalidStringException("a string is not UTF-8");
        }
    }

    /**
     * Text for people: control characters become spaces, and what is beyond 4096 bytes is cut off between two
     * characters.
     */
    public static byte[] encodeDisplayable(String text) {
        final byte[] bytes = text.replaceAll("\\p{Cc}", " ").getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_STRING_LENGTH) {
            return bytes;
        }
        int end = MAX_STRING_LENGTH;
        while ((bytes[end] & 0xc0) == 0x80) {
            end--;
        }
        return Arrays.copyOf(bytes, end);
    }
}
