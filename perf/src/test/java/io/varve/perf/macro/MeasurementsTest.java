package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.perf.macro.Sample.Counts;
import io.varve.perf.macro.Sample.Latency;
import io.varve.perf.macro.Sample.Server;
import org.junit.jupiter.api.Test;

class MeasurementsTest {
    private final Measurements measurements = new Measurements();

    @Test
    void shouldTakeCountedMetricsFromTheCountedRunAlone() {
        measurements.add(Workloads.READ_QD1, "a", sample(1000, Counts.NONE));
        measurements.addCounted(Workloads.READ_QD1, "a", sample(7, new Counts(20, 5, Double.NaN)));
        assertThat(measurements.values(Workloads.READ_QD1, "a", Metric.IOPS)).containsExactly(1000);
        assertThat(measurements.values(Workloads.READ_QD1, "a", Metric.SYSTEM_CALLS)).containsExactly(2);
        assertThat(measurements.values(Workloads.READ_QD1, "a", Metric.SWITCHES)).containsExactly(0.5);
    }

    @Test
    void shouldHaveNothingWhereNobodyCounted() {
        measurements.add(Workloads.READ_QD1, "a", sample(1000, Counts.NONE));
        assertThat(measurements.has(Workloads.READ_QD1, "a", Metric.SYSTEM_CALLS)).isFalse();
        measurements.addCounted(Workloads.READ_QD1, "a", sample(7, new Counts(20, 5, Double.NaN)));
        assertThat(measurements.has(Workloads.READ_QD1, "a", Metric.ALLOCATED_BYTES)).isFalse();
        assertThat(measurements.has(Workloads.READ_QD1, "a", Metric.SYSTEM_CALLS)).isTrue();
    }

    private static Sample sample(double iops, Counts counts) {
        return new Sample(10, iops, new Latency(1, 2, 3), 0, new Server(0, 0, counts), 0);
    }
}
