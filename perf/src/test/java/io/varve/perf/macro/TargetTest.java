package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TargetTest {
    private final Target target = new Target(Workloads.READ_QD1, NbdkitFile.NAME, Metric.IOPS, 1.2);
    private final Measurements measurements = new Measurements();

    @Test
    void shouldNeedBothServers() {
        measure(Varve.NAME, 100);
        assertThat(target.measured(measurements)).isFalse();
        measure(NbdkitFile.NAME, 100);
        assertThat(target.measured(measurements)).isTrue();
    }

    @Test
    void shouldBeReachedByTheRatioOfTheMedians() {
        measure(Varve.NAME, 119, 121, 500);
        measure(NbdkitFile.NAME, 100, 100, 100);
        assertThat(target.reached(measurements)).isTrue();
    }

    @Test
    void shouldBeMissedBelowTheBar() {
        measure(Varve.NAME, 500, 119, 119);
        measure(NbdkitFile.NAME, 100, 100, 100);
        assertThat(target.reached(measurements)).isFalse();
    }

    private void measure(String server, double... iops) {
        for (double rate : iops) {
            measurements.add(target.workload(), server, new Sample(1, rate, new Sample.Latency(0, 0, 0), 0, 0, 0));
        }
    }
}
