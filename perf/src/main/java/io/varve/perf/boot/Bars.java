package io.varve.perf.boot;

import io.varve.perf.boot.Row.Kind;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the figures should be, beside what they are.
 *
 * <p>Owned by the main thread.
 */
final class Bars {

    private static final double BOOT_OVER_WARM = 1.15;
    private static final double WAITING_SAVED = 4;
    private static final double REQUESTS_PER_READ = 1.0 / 20;
    private static final double BYTES_PER_BYTE_USED = 1.1;
    private static final double BYTES_OF_A_ROOM = 1.05;
    private static final double MEDIAN_OVER_LONE = 1.3;
    private static final double WRONG_OVER_NONE = 1.05;
    /** No worse: two runs of the same differ by this much. */
    private static final double IDLE_OVER_OFF = 1.05;

    private final PrintStream out;
    private final BootTable table;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, List<String>> afterwards = new HashMap<>();

    Bars(PrintStream out, BootTable table) {
        this.out = out;
        this.table = table;
    }

    void add(Row row) {
        rows.add(row);
    }

    /**
     * Reads of a client that has booted, in nanoseconds, in order of size.
     *
     * @param withoutNs where nothing is known of the boot
     * @param withNs    where it was read ahead
     */
    void addAfterwards(String origin, long[] withoutNs, long[] withNs) {
        List<String> lines = new ArrayList<>();
        for (int percent : new int[] {50, 99}) {
            double without = IdleReads.percentileMs(withoutNs, percent / 100.0);
            double with = IdleReads.percentileMs(withNs, percent / 100.0);
            lines.add(line("p" + percent + " after the boot, read ahead / not", origin, 1, with / without,
                    IDLE_OVER_OFF, with / without <= IDLE_OVER_OFF,
                    String.format(Locale.ROOT, "%.2f and %.2f ms", with, without)));
        }
        afterwards.put(origin, lines);
    }

    void print(int processors) {
        out.println();
        out.printf("%-46s %-6s %7s  %9s  %9s%n", "bar", "origin", "clients", "at most", "measured");
        for (String origin : rows.stream().map(Row::origin).distinct().toList()) {
            if (!origin.equals(Row.HERE)) {
                printLone(origin);
                afterwards.getOrDefault(origin, List.of()).forEach(out::println);
                rows.stream().filter(row -> row.origin().equals(origin) && row.kind() == Kind.LEARNED)
                        .forEach(row -> printRoom(row, processors));
            }
        }
    }

    private void printLone(String origin) {
        Optional<Row> first = find(origin, 1, Kind.FIRST);
        find(origin, 1, Kind.LEARNED).ifPresent(learned -> {
            first.ifPresent(none -> {
                double saved = none.waited().median() / learned.waited().median();
                out.println(line("waiting, first time / learned (at least)", origin, 1, saved, WAITING_SAVED,
                        saved >= WAITING_SAVED, seconds(none.waited().median(), learned.waited().median())));
            });
            atMost("origin requests / reads", learned, table.requestsPerRead(learned.traffic()), REQUESTS_PER_READ,
                    learned.traffic().requests() + " requests");
            atMost("origin bytes / bytes used", learned, table.bytesPerByteUsed(learned.traffic()),
                    BYTES_PER_BYTE_USED, learned.traffic().bytes() + " bytes");
        });
        find(origin, 1, Kind.WRONG).ifPresent(wrong -> first.ifPresent(none ->
                atMost("boot, wrong profile / none", wrong, wrong.elapsed().median() / none.elapsed().median(),
                        WRONG_OVER_NONE, seconds(wrong.elapsed().median(), none.elapsed().median()))));
    }

    private void printRoom(Row learned, int processors) {
        double boot = learned.elapsed().median();
        String bound = learned.cpuBound()
                ? String.format(Locale.ROOT, "; CPU-bound: its own work alone is %.1f s of %d processors",
                        learned.cpuBoundSeconds(processors), processors)
                : "";
        find(Row.HERE, learned.clients(), Kind.WARM).ifPresent(warm -> atMost("boot, learned / warm here", learned,
                boot / warm.elapsed().median(), BOOT_OVER_WARM, seconds(boot, warm.elapsed().median()) + bound));
        if (learned.clients() > 1) {
            find(learned.origin(), 1, Kind.LEARNED).ifPresent(lone -> {
                atMost("origin bytes, room / one client", learned,
                        (double) learned.traffic().bytes() / lone.traffic().bytes(), BYTES_OF_A_ROOM,
                        learned.traffic().bytes() + " bytes");
                atMost("boot, median client / lone client", learned, boot / lone.elapsed().median(),
                        MEDIAN_OVER_LONE, seconds(boot, lone.elapsed().median()) + bound);
            });
        }
    }

    private static String seconds(double one, double other) {
        return String.format(Locale.ROOT, "%.3f and %.3f s", one, other);
    }

    private void atMost(String name, Row row, double measured, double limit, String what) {
        out.println(line(name, row.origin(), row.clients(), measured, limit, measured <= limit, what));
    }

    private static String line(String name, String origin, int clients, double measured, double limit, boolean met,
            String what) {
        return String.format(Locale.ROOT, "%-46s %-6s %7d  %9.2f  %9.3f  %-6s  %s", name, origin, clients, limit,
                measured, met ? "met" : "missed", what);
    }

    private Optional<Row> find(String origin, int clients, Kind kind) {
        return rows.stream()
                .filter(row -> row.origin().equals(origin) && row.clients() == clients && row.kind() == kind)
                .findFirst();
    }
}
