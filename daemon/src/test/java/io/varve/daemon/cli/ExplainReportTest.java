package io.varve.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.boot.Prediction;
import io.varve.daemon.io.Place;
import io.varve.daemon.store.ImageName;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExplainReportTest {

    private final BootFigures figures = new BootFigures(boot());

    /** Two reads wait at the same time for a while; a third one waits alone. */
    private static LoggedBoot boot() {
        LoggedReads.Builder reads = new LoggedReads.Builder();
        reads.add(0, 0, 256, 0, Place.MEMORY, 0, Prediction.USED);
        reads.add(1_000, 1000, 16, 10_000, Place.ORIGIN, 0, Prediction.MISSED);
        reads.add(6_000, 2000, 16, 8_000, Place.CACHE, 1, Prediction.LATE);
        reads.add(7_000, 3000, 16, 0, Place.PACK, 1, Prediction.USED);
        reads.add(60_000, 4000, 208, 4_000, Place.ORIGIN, LoggedReads.NO_LAYER, Prediction.MISSED);
        return new LoggedBoot(Optional.empty(), Instant.ofEpochMilli(1_700_000_000_000L), 65536, true,
                new BootCounters(400, 300, 0, 20, 80), List.of("0a".repeat(32), "1b".repeat(32)), reads.build());
    }

    @Test
    void shouldCountTimeInWhichSeveralWaitOnce() {
        assertThat(figures.waitedUs()).isEqualTo(13_000 + 4_000);
        assertThat(figures.waitingReads()).isEqualTo(3);
        assertThat(figures.longestUs()).isEqualTo(10_000);
        assertThat(figures.lengthUs()).isEqualTo(64_000);
        assertThat(figures.atOnceLength()).isEqualTo((256 + 16) * 4096L);
        assertThat(figures.longestWaits(2)).containsExactly(1, 2);
        assertThat(figures.lengthByLayer()).isEqualTo(
                Map.of(-1, 208 * 4096L, 0, 272 * 4096L, 1, 32 * 4096L));
    }

    @Test
    void shouldCutABootIntoColumns() {
        BootTimeline timeline = new BootTimeline(figures, 8);
        assertThat(timeline.readLengths()).containsExactly(304 * 4096L, 0, 0, 0, 0, 0, 0, 208 * 4096L);
        assertThat(timeline.waitedUs()).containsExactly(7_000, 6_000, 0, 0, 0, 0, 0, 4_000);
        assertThat(timeline.places()).containsExactly(Place.ORIGIN, null, null, null, null, null, null, Place.ORIGIN);
    }

    @Test
    void shouldPrintABootInALine() {
        String text = print();
        assertThat(text).contains("CLIENT", "(no name)  2023-11-", "64.0 ms      5  2.0 MiB   53.1 %  17.0 ms",
                "75.0 %  75.0 %", "layers  later layer 832.0 KiB, base 1.1 MiB, layer 1 128.0 KiB",
                "1.0 ms  10.0 ms   4096000   64.0 KiB  origin  miss        base");
        assertThat(text).as("a column for what no boot had anything from").doesNotContain("DISK", "NOWHERE");
    }

    @Test
    void shouldSayTheSameToPrograms() {
        Map<String, Object> fields = new ExplainReport(ImageName.parse("win"), List.of(figures)).fields();
        assertThat(fields).containsEntry("image", "win");
        assertThat((List<?>) fields.get("boots")).singleElement().satisfies(each -> assertThat((Map<?, ?>) each)
                .extracting("client", "reads", "bytes", "waitedUs", "precision", "recall", "pagesMissed")
                .containsExactly(null, 5L, 512 * 4096L, 17_000L, 0.75, 0.75, 80L));
    }

    private String print() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new ExplainReport(ImageName.parse("win"), List.of(figures))
                .print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
