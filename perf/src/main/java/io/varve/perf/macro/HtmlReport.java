package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The page for people: bars and what was measured, curves, and all medians; one file that needs no other one.
 *
 * <p>Owned by the main thread.
 */
final class HtmlReport {
    private static final List<String> COLOURS =
            List.of("#e4572e", "#2e86ab", "#76b7d3", "#6a994e", "#a7c957", "#9d7bb0", "#8d99ae");

    private final Measurements measurements;
    private final List<Workload> workloads;
    private final List<String> servers;
    private final String machine;
    private final Map<String, String> colours = new LinkedHashMap<>();

    /** @param servers titles, at most one for each of {@link Contender} */
    HtmlReport(Measurements measurements, List<Workload> workloads, List<String> servers, String machine) {
        this.measurements = measurements;
        this.workloads = workloads.stream()
                .filter(workload -> servers.stream().anyMatch(server -> measurements.has(workload, server)))
                .toList();
        this.servers = servers;
        this.machine = machine;
        for (Contender contender : Contender.values()) {
            colours.put(contender.title, COLOURS.get(contender.ordinal()));
        }
    }

    void write(Path file) throws IOException {
        StringBuilder page = new StringBuilder(PageStyle.head("Varve beside other NBD servers"));
        page.append("<h1>Varve beside other NBD servers</h1><p>").append(machine).append("</p>");
        page.append("<p class=legend>");
        servers.forEach(server ->
                page.append("<span style='--c:%s'>%s</span> ".formatted(colours.get(server), server)));
        page.append("</p>");
        targets(page);
        page.append("<h2>Curves</h2><div class=charts>");
        curve(page, "4K random read, by depth", Metric.IOPS, depths(true));
        curve(page, "4K random write, by depth", Metric.IOPS, depths(false));
        curve(page, "4K random read QD32, by length of the chain", Metric.IOPS, chains());
        bars(page, "4K random read QD32, connections", Metric.IOPS, named("1", Workloads.READ_QD32, "4",
                Workloads.READ_CONNECTIONS));
        for (Metric metric : List.of(Metric.P50_US, Metric.P99_US, Metric.P999_US)) {
            bars(page, "4K random read, latency: " + metric.title, metric, named("QD1", Workloads.READ_QD1, "QD32",
                    Workloads.READ_QD32));
        }
        bars(page, "processor time of the server for a 4K request", Metric.SERVER_CPU_US, named("read QD32",
                Workloads.READ_QD32, "write QD32", Workloads.WRITE_QD32));
        page.append("</div>");
        medians(page);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, page.append("</html>\n"));
    }

    private static Map<String, Workload> named(String first, Workload one, String second, Workload other) {
        Map<String, Workload> places = new LinkedHashMap<>();
        places.put(first, one);
        places.put(second, other);
        return places;
    }

    private static Map<String, Workload> depths(boolean reads) {
        Map<String, Workload> places = new LinkedHashMap<>();
        for (int depth : Workloads.DEPTHS) {
            places.put("QD" + depth, reads ? Workloads.randomRead(depth) : Workloads.randomWrite(depth));
        }
        return places;
    }

    private static Map<String, Workload> chains() {
        Map<String, Workload> places = new LinkedHashMap<>();
        places.put("1 layer", Workloads.READ_QD32);
        for (int layers : Workloads.CHAINS) {
            places.put(layers + " layers", Workloads.chain(layers));
        }
        return places;
    }

    private void curve(StringBuilder page, String title, Metric metric, Map<String, Workload> places) {
        Chart chart = chart(title, metric, places);
        if (!chart.series().isEmpty()) {
            page.append(chart.lines());
        }
    }

    private void bars(StringBuilder page, String title, Metric metric, Map<String, Workload> places) {
        Chart chart = chart(title, metric, places);
        if (!chart.series().isEmpty()) {
            page.append(chart.bars());
        }
    }

    private Chart chart(String title, Metric metric, Map<String, Workload> places) {
        Map<String, double[]> series = new LinkedHashMap<>();
        for (String server : servers) {
            double[] values = places.values().stream()
                    .mapToDouble(workload -> measurements.has(workload, server)
                            ? measurements.spread(workload, server, metric).median()
                            : Double.NaN)
                    .toArray();
            if (Arrays.stream(values).anyMatch(value -> !Double.isNaN(value))) {
                series.put(server, values);
            }
        }
        return new Chart(title, metric.title, List.copyOf(places.keySet()), series, colours);
    }

    private void targets(StringBuilder page) {
        page.append("<h2>Bars</h2><table><tr><th>workload<th>metric<th>against<th>ratio<th>measured<th>rounds<th>");
        for (Target target : Targets.ALL) {
            if (target.measured(measurements)) {
                Spread ratio = target.ratio(measurements);
                boolean reached = target.reached(measurements);
                page.append(String.format(Locale.ROOT,
                        "<tr><td>%s<td>%s<td>%s<td>%s<td class=n>%.2f<td class=n>%.2f to %.2f<td class=%s>%s",
                        target.workload().name(), target.metric().title, target.against(), target.barText(),
                        ratio.median(), ratio.lowest(), ratio.highest(), reached ? "ok" : "missed",
                        TextReport.verdict(reached)));
            }
        }
        page.append("</table>");
    }

    private void medians(StringBuilder page) {
        page.append("<h2>All medians</h2><table><tr><th>workload<th>server");
        for (Metric metric : Metric.values()) {
            page.append("<th>").append(metric.title);
        }
        for (Workload workload : workloads) {
            for (String server : servers) {
                if (measurements.has(workload, server)) {
                    page.append("<tr><td>%s<td>%s".formatted(workload.name(), server));
                    for (Metric metric : Metric.values()) {
                        page.append("<td class=n title='%s'>%s".formatted(
                                TextReport.text(measurements.spread(workload, server, metric)),
                                Chart.number(measurements.spread(workload, server, metric).median())));
                    }
                }
            }
        }
        page.append("</table>");
    }
}
