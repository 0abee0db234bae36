package io.varve.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {

    private final DurationConverter converter = new DurationConverter();

    @Test
    void shouldReadTimesAsPeopleWriteThem() {
        assertThat(converter.convert("0")).isZero();
        assertThat(converter.convert("0s")).isZero();
        assertThat(converter.convert("90s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(converter.convert("30m")).isEqualTo(Duration.ofMinutes(30));
        assertThat(converter.convert("24h")).isEqualTo(Duration.ofDays(1));
        assertThat(converter.convert("999999999d")).isEqualTo(Duration.ofDays(999_999_999));
    }

    @Test
    void shouldRefuseAnythingElse() {
        for (String text : new String[] {"", "h", "5", "-1h", "1.5h", "1 h", "1w", "1000000000d", "\n1h"}) {
            assertThatThrownBy(() -> converter.convert(text)).as(text).isInstanceOf(TypeConversionException.class);
        }
    }
}
