package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.perf.macro.Load.Access;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class FioTest {
    private static final String REPORT = """
        {"jobs": [{"error": %d, "job_runtime": 2000, "usr_cpu": 25.0, "sys_cpu": 50.0,
          "read": {"total_ios": %d, "iops": 50000.5,
            "clat_ns": {"percentile": {"50.000000": 1000, "99.000000": 2000, "99.900000": 3000}}},
          "write": {"total_ios": 7, "iops": 3.5,
            "clat_ns": {"percentile": {"50.000000": 10, "99.000000": 20, "99.900000": 30}}}}]}
        """;

    @Test
    void shouldReadTheDirectionOfTheWorkload() throws IOException {
        assertThat(Fio.parse(REPORT.formatted(0, 100_000), Access.RANDOM_READ)).isEqualTo(new Sample(
                100_000, 50000.5, new Sample.Latency(1000, 2000, 3000), 1_500_000, Sample.Server.UNKNOWN, 0));
        assertThat(Fio.parse(REPORT.formatted(0, 100_000), Access.SEQUENTIAL_WRITE).ioCount()).isEqualTo(7);
    }

    @Test
    void shouldAddBothDirectionsOfAMixedLoad() throws IOException {
        Sample sample = Fio.parse(REPORT.formatted(0, 100_000), Access.MIXED);
        assertThat(sample.ioCount()).isEqualTo(100_007);
        assertThat(sample.iops()).isEqualTo(50004.0);
        assertThat(sample.latency().p99Ns()).as("of the reads").isEqualTo(2000);
    }

    @Test
    void shouldRefuseARunWithErrors() {
        assertThatThrownBy(() -> Fio.parse(REPORT.formatted(5, 100), Access.RANDOM_READ))
                .isInstanceOf(PerfException.class).hasMessageContaining("error 5");
    }

    @Test
    void shouldRefuseARunWithoutRequests() {
        assertThatThrownBy(() -> Fio.parse(REPORT.formatted(0, 0), Access.RANDOM_READ))
                .isInstanceOf(PerfException.class).hasMessageContaining("0 requests");
    }
}
