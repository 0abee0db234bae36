package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        assertThat(Fio.parse(REPORT.formatted(0, 100_000), false))
                .isEqualTo(new Sample(100_000, 50000.5, new Sample.Latency(1000, 2000, 3000), 0, 1_500_000, 0));
        assertThat(Fio.parse(REPORT.formatted(0, 100_000), true).ioCount()).isEqualTo(7);
    }

    @Test
    void shouldRefuseARunWithErrors() {
        assertThatThrownBy(() -> Fio.parse(REPORT.formatted(5, 100), false))
                .isInstanceOf(PerfException.class).hasMessageContaining("error 5");
    }

    @Test
    void shouldRefuseARunWithoutRequests() {
        assertThatThrownBy(() -> Fio.parse(REPORT.formatted(0, 0), false))
                .isInstanceOf(PerfException.class).hasMessageContaining("0 requests");
    }
}
