package io.varve.nbd.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireStringTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\u00e4\u20ac\ud83d\ude00", "line\nbreak", " "})
    void shouldDecodeWhatIsUtf8(String text) throws InvalidStringException {
        final byte[] bytes = ("[" + text + "]").getBytes(UTF_8);
        assertThat(WireString.decode(new UnsafeBuffer(bytes), 1, bytes.length - 2)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "6100", "80", "c328", "e282", "eda080", "f8888080", "c080", "f4908080", "ff"})
    void shouldRefuseWhatIsNot(String hex) {
        final byte[] bytes = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> WireString.decode(new UnsafeBuffer(bytes), 0, bytes.length))
                .isInstanceOf(InvalidStringException.class);
    }

    @Test
    void shouldTakeUpTo4096Bytes() throws InvalidStringException {
        final UnsafeBuffer buffer = new UnsafeBuffer("x".repeat(5000).getBytes(UTF_8));
        assertThat(WireString.decode(buffer, 0, 4096)).hasSize(4096);
        for (final long length : new long[] {4097, -1, 0xffffffffL, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> WireString.decode(buffer, 0, length))
                    .isInstanceOf(InvalidStringException.class)
                    .hasMessageContaining(Long.toString(length));
        }
    }

    @Test
    void shouldShowNoControlCharacters() {
        assertThat(new String(WireString.encodeDisplayable("a\u0000b\u001b[1mc\nd\u007f\u0085e"), UTF_8))
                .isEqualTo("a b [1mc d  e");
    }

    @Test
    void shouldCutBetweenCharacters() {
        assertThat(WireString.encodeDisplayable("x".repeat(4096))).hasSize(4096);
        assertThat(WireString.encodeDisplayable("x".repeat(4097))).hasSize(4096);
        for (int lead = 0; lead < 4; lead++) {
            final String text = "x".repeat(lead) + "\ud83d\ude00".repeat(1100);
            final byte[] bytes = WireString.encodeDisplayable(text);
            assertThat(bytes).hasSizeBetween(4093, 4096);
            assertThat(text).startsWith(new String(bytes, UTF_8));
        }
    }

    @Test
    void shouldSurviveHalfASurrogatePair() {
        assertThat(new String(WireString.encodeDisplayable("a\ud83db"), UTF_8)).isEqualTo("a?b");
    }
}
