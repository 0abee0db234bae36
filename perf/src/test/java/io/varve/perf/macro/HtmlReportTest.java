package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.perf.macro.Sample.Counts;
import io.varve.perf.macro.Sample.Latency;
import io.varve.perf.macro.Sample.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
    private static final List<String> SERVERS = List.of(Contender.VARVE.title, Contender.NBDKIT_FILE.title);

    @TempDir
    Path directory;

    @Test
    void shouldShowBarsFindingsAndMediansInOneFile() throws IOException {
        Measurements measurements = new Measurements();
        add(measurements, Contender.VARVE, 134);
        add(measurements, Contender.NBDKIT_FILE, 100);
        Finding finding = Finding.of("start, ms", Contender.VARVE, new double[] {321}, Bar.atMost(500));
        String page = page(measurements, List.of(finding));
        assertThat(page).contains("at least 1.35", "1.34", "class=missed", "start, ms", "321", "at most 500",
                "perf/bin/compare --x", "<svg");
        assertThat(page).doesNotContain("<script", "src=", "href=", "NaN");
    }

    @Test
    void shouldBeAPageWithoutLoads() throws IOException {
        Finding finding = Finding.of("start, ms", Contender.VARVE, new double[] {321}, Bar.atMost(500));
        assertThat(page(new Measurements(), List.of(finding))).contains("start, ms").doesNotContain("All medians");
    }

    private String page(Measurements measurements, List<Finding> findings) throws IOException {
        Path file = directory.resolve("page.html");
        new HtmlReport(measurements, findings, List.of(Workloads.READ_QD1), SERVERS,
                Map.of("command", "perf/bin/compare --x")).write(file);
        return Files.readString(file);
    }

    private static void add(Measurements measurements, Contender contender, double iops) {
        measurements.add(Workloads.READ_QD1, contender.title, new Sample(10, iops, new Latency(1000, 2000, 30000), 0,
                new Server(10, 1 << 20, Counts.NONE), 0));
    }
}
