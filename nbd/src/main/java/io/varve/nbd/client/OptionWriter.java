package io.varve.nbd.client;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.wire.OptionRequestFlyweight;
import java.util.Arrays;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;

/** Builds one option. Owned by the thread that uses the client. */
final class OptionWriter {

    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private int length = OptionRequestFlyweight.HEADER_LENGTH;

    OptionWriter putShort(int value) {
        buffer.putShort(length, (short) value, BIG_ENDIAN);
        length += Short.BYTES;
        return this;
    }

    /** The bytes alone: their length is that of the option. */
    OptionWriter putText(String text) {
        return putBytes(text.getBytes(UTF_8));
    }

    /** A u32 with the length, then the bytes. */
    OptionWriter putString(String text) {
        final byte[] bytes = text.getBytes(UTF_8);
        return putInt(bytes.length).putBytes(bytes);
    }

    /** The number of strings, then each of them. */
    OptionWriter putStrings(List<String> texts) {
        putInt(texts.size());
        texts.forEach(this::putString);
        return this;
    }

    byte[] finish(int option) {
        OptionRequestFlyweight.encode(buffer, 0, option, length - OptionRequestFlyweight.HEADER_LENGTH);
        return Arrays.copyOf(buffer.byteArray(), length);
    }

    private OptionWriter putInt(int value) {
        buffer.putInt(length, value, BIG_ENDIAN);
        length += Integer.BYTES;
        return this;
    }

    private OptionWriter putBytes(byte[] bytes) {
        buffer.putBytes(length, bytes);
        length += bytes.length;
        return this;
    }
}
