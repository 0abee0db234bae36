package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private final List<Finding> findings;
    private final List<Workload> workloads;
    private final List<String> servers;
    private final Map<String, Object> about;
    private final Map<String, String> colours = new LinkedHashMap<>();

    /**
     * @param servers titles, at most one for each of {@link Contender}
     * @param about   machine, date, command: what stands at the top
     */
    HtmlReport(Measurements measurements, List<Finding> findings, List<Workload> workloads, List<String> servers,
               Map<String, Object> about) {
        this.measurements = measurements;
        this.findings = findings;
        this.workloads = workloads.stream()
                .filter(workload -> servers.stream().anyMatch(server -> measurements.has(workload, server)))
                .toList();
        this.servers = servers;
        this.about = about;
        for (Contender contender : Contender.values()) {
            colours.put(contender.title, COLOURS.get(contender.ordinal()));
        }
    }

    void write(Path file) throws IOException {
        StringBuilder page = new StringBuilder(PageStyle.head("Varve beside other NBD servers"));
        page.append("<h1>Varve beside other NBD servers</h1><dl>");
        about.forEach((name, value) -> page.append("<dt>%s<dd>%s".formatted(name, value)));
        page.append("</dl>");
        targets(page);
        findings(page);
        String curves = new Curves(measurements, servers, colours).html();
        if (!curves.isEmpty()) {
            page.append("<h2>Curves</h2>");
            legend(page);
            page.append("<div class=charts>").append(curves).append("</div>");
        }
        medians(page);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, page.append("</html>\n"));
    }

    private void legend(StringBuilder page) {
        page.append("<p class=legend>");
        servers.forEach(server ->
                page.append("<span style='--c:%s'>%s</span> ".formatted(colours.get(server), server)));
        page.append("</p>");
    }

    private void targets(StringBuilder page) {
        if (Targets.ALL.stream().noneMatch(target -> target.measured(measurements))) {
            return;
        }
        page.append("<h2>Bars</h2><div class=wide><table><tr><th>workload<th>metric<th>against<th>ratio"
                + "<th>measured<th>rounds<th>");
        for (Target target : Targets.ALL) {
            if (target.measured(measurements)) {
                Spread ratio = target.ratio(measurements);
                boolean reached = target.reached(measurements);
                page.append(String.format(Locale.ROOT,
                        "<tr><td>%s<td>%s<td>%s<td>%s<td class=n>%.2f<td class=n>%.2f to %.2f<td class=%s>%s",
                        target.workload().name(), target.metric().title, target.against(), target.bar().text(),
                        ratio.median(), ratio.lowest(), ratio.highest(), reached ? "ok" : "missed",
                        TextReport.verdict(reached)));
            }
        }
        page.append("</table></div>");
    }

    private void findings(StringBuilder page) {
        if (findings.isEmpty()) {
            return;
        }
        page.append("<h2>Beside the loads</h2><div class=wide><table><tr><th>what<th>server<th>measured"
                + "<th>rounds<th>bar<th>");
        for (Finding finding : findings) {
            page.append("<tr><td>%s<td>%s<td class=n>%s<td class=n>%s to %s".formatted(finding.what(),
                    finding.server(), Chart.number(finding.spread().median()),
                    Chart.number(finding.spread().lowest()), Chart.number(finding.spread().highest())));
            if (finding.hasBar()) {
                page.append("<td>%1$s<td class=%2$s>%2$s".formatted(finding.bar().text(),
                        TextReport.verdict(finding.isReached())));
            }
        }
        page.append("</table></div>");
    }

    private void medians(StringBuilder page) {
        if (workloads.isEmpty()) {
            return;
        }
        page.append("<h2>All medians</h2><div class=wide><table><tr><th>workload<th>server");
        for (Metric metric : Metric.values()) {
            page.append("<th>").append(metric.title);
        }
        for (Workload workload : workloads) {
            for (String server : servers) {
                if (measurements.has(workload, server)) {
                    page.append("<tr><td>%s<td>%s".formatted(workload.name(), server));
                    for (Metric metric : Metric.values()) {
                        page.append(measurements.has(workload, server, metric)
                                ? cell(measurements.spread(workload, server, metric))
                                : "<td class=n>-");
                    }
                }
            }
        }
        page.append("</table></div>");
    }

    private static String cell(Spread spread) {
        return "<td class=n title='%s'>%s".formatted(TextReport.text(spread), Chart.number(spread.median()));
    }
}
