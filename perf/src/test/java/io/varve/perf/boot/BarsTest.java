package io.varve.perf.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.perf.boot.Row.Kind;
import io.varve.perf.boot.SlowOrigin.Traffic;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class BarsTest {

    private static final long SECOND = 1_000_000_000;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
    private final Bars bars = new Bars(out, new BootTable(out, trace()));

    /** A hundred reads of a page. */
    private static BootTrace trace() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            text.append(i).append("\tread\t").append(i * 4096).append("\t4096\t1\n");
        }
        try {
            return BootTrace.parse("trace", text.toString(), 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void add(String origin, int clients, Kind kind, double seconds, double waited, Traffic traffic) {
        Played played = new Played((long) (seconds * SECOND), (long) (waited * SECOND), SECOND, 0);
        bars.add(new Row(origin, clients, kind, new Room.Outcome(List.of(played), 1, 3, 0.04), traffic));
    }

    private String printed(String bar, String origin, int clients) {
        return written.toString(StandardCharsets.UTF_8).lines()
                .filter(line -> line.startsWith(bar) && line.contains(" " + origin + " ")
                        && line.contains(" " + clients + " "))
                .reduce((one, two) -> {
                    throw new AssertionError("twice: " + two);
                })
                .orElseThrow();
    }

    @Test
    void shouldSayOfEachBarWhetherItIsMet() {
        add(Row.HERE, 1, Kind.WARM, 10, 1, Traffic.NONE);
        add(Row.HERE, 200, Kind.WARM, 20, 1, Traffic.NONE);
        add("nbd", 1, Kind.FIRST, 20, 8, new Traffic(100, 500_000, 1));
        add("nbd", 1, Kind.LEARNED, 11.5, 2, new Traffic(5, 450_560, 1));
        add("nbd", 1, Kind.WRONG, 21, 8, new Traffic(100, 500_000, 1));
        add("nbd", 200, Kind.LEARNED, 14.9, 2, new Traffic(5, 473_088, 1));
        bars.addAfterwards("nbd", new long[] {10}, new long[] {10});
        add("http", 1, Kind.FIRST, 20, 7.9, new Traffic(100, 500_000, 1));
        add("http", 1, Kind.LEARNED, 11.6, 2, new Traffic(6, 450_970, 1));
        add("http", 1, Kind.WRONG, 21.1, 8, new Traffic(100, 500_000, 1));
        add("http", 200, Kind.LEARNED, 15.2, 2, new Traffic(5, 473_600, 1));
        bars.addAfterwards("http", new long[] {10}, new long[] {11});
        bars.print(2);

        for (String origin : List.of("nbd", "http")) {
            String verdict = origin.equals("nbd") ? "  met " : "  missed ";
            for (String bar : List.of("waiting, first", "origin requests", "origin bytes / bytes", "boot, wrong",
                    "p50", "p99", "boot, learned / warm")) {
                assertThat(printed(bar, origin, 1)).contains(verdict);
            }
            assertThat(printed("origin bytes, room", origin, 200)).contains(verdict);
            assertThat(printed("boot, median client", origin, 200)).contains(verdict)
                    .contains("CPU-bound: its own work alone is 1.5 s of 2 processors");
        }
    }

    @Test
    void shouldSayNothingOfWhatWasNotMeasured() {
        add(Row.HERE, 10, Kind.WARM, 10, 1, Traffic.NONE);
        add("nbd", 10, Kind.LEARNED, 11, 1, new Traffic(5, 450_560, 1));
        bars.print(2);
        assertThat(written.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains(" nbd "))).hasSize(1);
        assertThat(printed("boot, learned / warm", "nbd", 10)).contains("1.100").contains("met");
    }
}
