package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GcLogTest {
    private static final String YOUNG =
            "[0.5s][info][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->5M(256M) 3.2ms";
    private static final String PHASE = "[0.5s][info][gc,heap     ] GC(0) Eden regions: 12->0(11)";
    private static final String EXIT_YOUNG =
            "[1.0s][info][gc,heap,exit]  def new generation   total 78656K, used 30720K [0x1, 0x2, 0x3)";
    private static final String EXIT_SPACE =
            "[1.0s][info][gc,heap,exit]   eden space 69952K,   8% used [0x1, 0x2, 0x3)";
    private static final String EXIT_OLD =
            "[1.0s][info][gc,heap,exit]  tenured generation   total 174784K, used 10240K [0x1, 0x2, 0x3)";
    private static final String EXIT_META =
            "[1.0s][info][gc,heap,exit]  Metaspace       used 99999K, committed 999999K, reserved 1056768K";

    @Test
    void shouldCountCollectionsAndNotTheirPhases() {
        assertThat(new GcLog(List.of(YOUNG, PHASE)).collectionCount()).isEqualTo(1);
    }

    @Test
    void shouldTakeTheHeapBeforeACollectionAsPeak() {
        assertThat(new GcLog(List.of(YOUNG, PHASE)).peakHeapBytes()).isEqualTo(24L << 20);
    }

    @Test
    void shouldAddTheGenerationsAtTheEnd() {
        assertThat(new GcLog(List.of(YOUNG, EXIT_YOUNG, EXIT_SPACE, EXIT_OLD, EXIT_META)).peakHeapBytes())
                .isEqualTo(40L << 20);
    }
}
