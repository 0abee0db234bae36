package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class KernelCounterTest {
    private static final String SWITCHES = "211,,context-switches,442125147,100.00,477.2,/sec";

    @Test
    void shouldReadBothCountsBelowTheComment() throws PerfException {
        KernelCounter.Counts counts = KernelCounter.parse(
                List.of("# started on Sun", "", "2762174,,raw_syscalls:sys_enter,442125147,100.00,,", SWITCHES));
        assertThat(counts).isEqualTo(new KernelCounter.Counts(2_762_174, 211));
    }

    @Test
    void shouldRefuseWhatWasNotCounted() {
        assertThatThrownBy(() -> KernelCounter.parse(
                List.of("<not counted>,,raw_syscalls:sys_enter,0,100.00,,", SWITCHES)))
                .isInstanceOf(PerfException.class)
                .hasMessageContaining("counted no raw_syscalls:sys_enter");
    }
}
