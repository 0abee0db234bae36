package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TargetTest {
    private final Target target = Target.atLeast(1.2, Workloads.READ_QD1, Metric.IOPS, Contender.NBDKIT_FILE);
    private final Measurements measurements = new Measurements();

    @Test
    void shouldNeedBothServers() {
        measure(Contender.VARVE, 100);
        assertThat(target.measured(measurements)).isFalse();
        measure(Contender.NBDKIT_FILE, 100);
        assertThat(target.measured(measurements)).isTrue();
    }

    @Test
    void shouldBeReachedByTheRatioOfTheMedians() {
        measure(Contender.VARVE, 119, 121, 500);
        measure(Contender.NBDKIT_FILE, 100, 100, 100);
        assertThat(target.reached(measurements)).isTrue();
    }

    @Test
    void shouldBeMissedBelowTheBar() {
        measure(Contender.VARVE, 500, 119, 119);
        measure(Contender.NBDKIT_FILE, 100, 100, 100);
        assertThat(target.reached(measurements)).isFalse();
    }

    @Test
    void shouldBeMissedAboveABarThatIsAnUpperOne() {
        Target upper = Target.atMost(1.0, Workloads.READ_QD1, Metric.IOPS, Contender.NBDKIT_FILE);
        measure(Contender.NBDKIT_FILE, 100);
        measure(Contender.VARVE, 101);
        assertThat(upper.reached(measurements)).isFalse();
        measure(Contender.VARVE, 99, 99);
        measure(Contender.NBDKIT_FILE, 100, 100);
        assertThat(upper.reached(measurements)).isTrue();
    }

    @Test
    void shouldCompareVarveWithItself() {
        Target chain = Target.atLeast(0.95, Workloads.CHAIN_64, Metric.IOPS, Workloads.READ_QD1);
        measure(Contender.VARVE, 100);
        assertThat(chain.measured(measurements)).isFalse();
        measure(Workloads.CHAIN_64, Contender.VARVE, 96);
        assertThat(chain.ratio(measurements).median()).isEqualTo(0.96);
        assertThat(chain.reached(measurements)).isTrue();
    }

    private void measure(Contender server, double... iops) {
        measure(target.workload(), server, iops);
    }

    private void measure(Workload workload, Contender server, double... iops) {
        for (double rate : iops) {
            measurements.add(workload, server.title,
                    new Sample(1, rate, new Sample.Latency(0, 0, 0), 0, Sample.Server.UNKNOWN, 0));
        }
    }
}
