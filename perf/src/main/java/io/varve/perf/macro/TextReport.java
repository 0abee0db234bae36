package io.varve.perf.macro;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * The table for people.
 *
 * <p>Owned by the main thread.
 */
final class TextReport {
    /** fio's start, the kernel's own threads and this program need a little. */
    private static final double QUIET_BELOW = 0.08;

    private static final String NOT_MEASURED = "-";

    private final Measurements measurements;
    private final List<Finding> findings;
    private final List<Workload> workloads;
    private final List<String> servers;
    private final PrintStream out;

    TextReport(Measurements measurements, List<Finding> findings, List<Workload> workloads, List<String> servers,
               PrintStream out) {
        this.measurements = measurements;
        this.findings = findings;
        this.workloads = workloads;
        this.servers = servers;
        this.out = out;
    }

    void print() {
        printLoads();
        printFindings();
    }

    private void printLoads() {
        if (workloads.isEmpty()) {
            return;
        }
        out.println();
        out.println("median of the rounds, and how far below and above it the lowest and the highest round are;");
        out.println("CPU is user and system time per request");
        printNoise();
        for (Workload workload : workloads) {
            if (servers.stream().anyMatch(server -> measurements.has(workload, server))) {
                out.println();
                print(workload);
            }
        }
        printTargets();
    }

    private void printNoise() {
        Spread others = measurements.othersShare();
        out.printf(Locale.ROOT, "others had %.0f %% of the machine's processor time (%.0f..%.0f)%s%n",
                others.median() * 100, others.lowest() * 100, others.highest() * 100,
                others.median() < QUIET_BELOW ? "" : ": too noisy to trust a figure, ratios at best");
    }

    private void print(Workload workload) {
        out.printf("%-34s", workload.name());
        for (Metric metric : Metric.values()) {
            cell(metric, metric.title);
        }
        out.println();
        for (String server : servers) {
            if (measurements.has(workload, server)) {
                out.printf("  %-32s", server);
                for (Metric metric : Metric.values()) {
                    cell(metric, measurements.has(workload, server, metric)
                            ? text(measurements.spread(workload, server, metric), metric)
                            : NOT_MEASURED);
                }
                out.println();
            }
        }
        for (String peer : servers) {
            if (!peer.equals(Contender.VARVE.title) && measurements.has(workload, peer)
                    && measurements.has(workload, Contender.VARVE.title)) {
                out.printf("  %-32s", Contender.VARVE.title + " / " + peer);
                for (Metric metric : Metric.values()) {
                    boolean both = measurements.has(workload, peer, metric)
                            && measurements.has(workload, Contender.VARVE.title, metric);
                    cell(metric, both
                            ? text(measurements.ratio(workload, Contender.VARVE.title, peer, metric), metric)
                            : NOT_MEASURED);
                }
                out.println();
            }
        }
    }

    private void cell(Metric metric, String text) {
        out.printf(metric.isCounted() ? "%-10s" : "%-17s", text);
    }

    private void printTargets() {
        if (Targets.ALL.stream().noneMatch(target -> target.measured(measurements))) {
            return;
        }
        out.println();
        out.println("targets: ratios of the medians");
        for (Target target : Targets.ALL) {
            if (target.measured(measurements)) {
                out.printf(Locale.ROOT, "  %-34s %-15s varve / %-30s %-14s measured %.2f  %s%n",
                        target.workload().name(), target.metric().title, target.against(), target.bar().text(),
                        target.ratio(measurements).median(), verdict(target.reached(measurements)));
            }
        }
    }

    private void printFindings() {
        if (!findings.isEmpty()) {
            out.println();
            out.println("beside the loads");
        }
        for (Finding finding : findings) {
            out.printf("  %-60s %-15s %-17s %s%n", finding.what(), finding.server(), text(finding.spread()),
                    finding.hasBar() ? finding.bar().text() + "  " + verdict(finding.isReached()) : "");
        }
    }

    static String verdict(boolean reached) {
        return reached ? "ok" : "missed";
    }

    private static String text(Spread spread, Metric metric) {
        return metric.isCounted() ? number(spread.median()) : text(spread);
    }

    /** For example {@code 42331 -20+2%}. */
    static String text(Spread spread) {
        if (spread.median() == 0) {
            return number(0);
        }
        return number(spread.median()) + String.format(Locale.ROOT, " %+.0f%+.0f%%",
                (spread.lowest() / spread.median() - 1) * 100, (spread.highest() / spread.median() - 1) * 100);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }
}
