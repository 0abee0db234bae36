package io.varve.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class SizeConverterTest {

    private final SizeConverter converter = new SizeConverter();

    @Test
    void shouldUnderstandHowPeopleWriteSizes() {
        assertThat(converter.convert("0")).isZero();
        assertThat(converter.convert("4096")).isEqualTo(4096);
        assertThat(converter.convert("4096b")).isEqualTo(4096);
        assertThat(converter.convert("3k")).isEqualTo(3 << 10);
        assertThat(converter.convert("512M")).isEqualTo(512L << 20);
        assertThat(converter.convert("20GiB")).isEqualTo(20L << 30);
        assertThat(converter.convert("2TB")).isEqualTo(2L << 40);
    }

    @Test
    void shouldRefuseWhatIsNoSize() {
        for (String text : List.of(
                "", "G", "-1", "1.5G", "1 G", "9999999999T", "10X", "1iB1", "99999999999999999999")) {
            assertThatThrownBy(() -> converter.convert(text)).as(text).isInstanceOf(TypeConversionException.class);
        }
    }
}
