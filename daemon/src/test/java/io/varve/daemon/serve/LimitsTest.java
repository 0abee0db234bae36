package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LimitsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration NONE = Duration.ZERO;
    private static final long MEMORY = 256L << 20;

    @Test
    void shouldSayWhatIsWrongWithALimit() {
        assertThatThrownBy(() -> new Limits(0, 1, SECOND, NONE, NONE, MEMORY)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new Limits(1, 1, NONE, NONE, NONE, MEMORY)).hasMessageContaining("at least 1 s");
        assertThatThrownBy(() -> new Limits(1, 1, SECOND, Duration.ofMillis(5), NONE, MEMORY))
                .hasMessage("the idle deadline is 0 (none) or at least 1 s, not 5 ms");
        assertThatThrownBy(() -> new Limits(1, 1, SECOND, NONE, NONE, 4096)).hasMessageContaining("not 4096");
    }
}
