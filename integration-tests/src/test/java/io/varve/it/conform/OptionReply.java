package io.varve.it.conform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Set;

/**
 * One reply to an option. That its form is legal was checked when it was made (rules 12, 15, 30, 34, 37, 60, 8).
 *
 * @param type such as {@link Nbd#ACK}
 *
 * <p>Immutable.
 */
record OptionReply(int type, byte[] data) {

    private static final Set<Integer> INFO_TYPES = Set.of(0, 1, 2, 3);

    OptionReply {
        switch (type) {
            case Nbd.ACK -> assertThat(data).as("data of an ACK").isEmpty();
            case Nbd.SERVER -> {
                assertThat(data.length).as("length of REP_SERVER").isGreaterThanOrEqualTo(4);
                long nameLength = Integer.toUnsignedLong(Bytes.view(data).getInt());
                assertThat(nameLength).as("length of the name").isLessThanOrEqualTo(data.length - 4);
                text(data, 4, (int) nameLength);
                text(data, 4 + (int) nameLength, data.length - 4 - (int) nameLength);
            }
            case Nbd.INFO -> checkInfo(data);
            case Nbd.META_CONTEXT -> {
                assertThat(data.length).as("length of REP_META_CONTEXT").isGreaterThan(4);
                assertThat(text(data, 4, data.length - 4)).contains(":");
            }
            default -> {
                assertThat(type & Nbd.ERROR_BIT).as("error bit of unknown reply type %x", type).isNotZero();
                assertThat(type & ~Nbd.ERROR_BIT).as("number of the error").isBetween(1, 10);
                assertThat(text(data, 0, data.length)).doesNotMatch("(?s).*\\p{Cntrl}.*");
            }
        }
    }

    private static void checkInfo(byte[] data) {
        assertThat(data.length).as("length of REP_INFO").isGreaterThanOrEqualTo(2);
        int type = Bytes.view(data).getShort() & 0xffff;
        assertThat(INFO_TYPES).as("known information types").contains(type);
        switch (type) {
            case Nbd.INFO_EXPORT -> assertThat(data).as("INFO_EXPORT").hasSize(12);
            case Nbd.INFO_BLOCK_SIZE -> assertThat(data).as("INFO_BLOCK_SIZE").hasSize(14);
            default -> text(data, 2, data.length - 2);
        }
    }

    /** A string as rule 8 wants it. */
    static String text(byte[] bytes, int index, int length) {
        assertThat(length).as("bytes of a string").isLessThanOrEqualTo(Nbd.MAX_STRING);
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, index, length)).toString();
            assertThat(text).as("string without NUL").doesNotContain("\0");
            return text;
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8: " + Bytes.hex(bytes), e);
        }
    }

    boolean isError() {
        return type < 0;
    }

    boolean isFinal() {
        return type == Nbd.ACK || isError();
    }

    /** Of REP_INFO. */
    int infoType() {
        return Bytes.view(data).getShort() & 0xffff;
    }

    /** Of REP_META_CONTEXT. */
    int contextId() {
        return Bytes.view(data).getInt();
    }

    /** The name in REP_META_CONTEXT, or the text of an error. */
    String text() {
        int index = type == Nbd.META_CONTEXT ? 4 : 0;
        return new String(data, index, data.length - index, UTF_8);
    }

    /** The name in REP_SERVER. */
    String exportName() {
        return new String(data, 4, Bytes.view(data).getInt(), UTF_8);
    }

    @Override
    public String toString() {
        return (isError() ? "error " + (type & 0xff) + " '" + text() + "'" : "reply " + type + " " + Bytes.hex(data));
    }
}
