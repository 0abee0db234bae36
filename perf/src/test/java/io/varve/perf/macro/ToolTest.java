package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ToolTest {
    private static final Tool SHELL = new Tool("sh", "dash");

    @Test
    void shouldNameWhatIsMissingAndHowToInstallIt() {
        assertThatThrownBy(() -> Tool.require(
                        List.of(SHELL, new Tool("no-such-one", "p1"), new Tool("nor-this", "p2"))))
                .isInstanceOf(PerfException.class)
                .hasMessage("missing: no-such-one, nor-this; install with: apt-get install -y p1 p2");
    }

    @Test
    void shouldBeContentWithWhatIsThere() {
        assertThatCode(() -> Tool.require(List.of(SHELL))).doesNotThrowAnyException();
    }
}
