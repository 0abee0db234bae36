package io.varve.perf.scale;

import io.varve.perf.macro.Machine;
import io.varve.perf.macro.PageStyle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The page for people: bars, then for each sweep its curves, why they are what they are, and all figures; one file
 * that needs no other one.
 *
 * <p>Immutable.
 */
final class ScalePage {

    /** Curves that belong into one picture. */
    private enum Picture {
        MEMORY("memory", Measure.HELD, Measure.HEAP_LIVE, Measure.DIRECT, Measure.JVM),
        GROWTH("memory above the first step", Measure.HELD, Measure.HEAP_LIVE, Measure.DIRECT) {
            @Override
            double[] values(Sweep sweep, Measure measure) {
                double[] ys = sweep.growth(measure).ys();
                return Arrays.stream(ys).map(y -> y - ys[0]).toArray();
            }
        },
        CPU("processor time of one read", Measure.CPU_PER_READ, Measure.DEEP_CPU),
        LATENCY("time of one read", Measure.READ_P50, Measure.READ_P99, Measure.DEEP_P50),
        OPEN("time to the first byte", Measure.OPEN_P50, Measure.OPEN_FIRST),
        IDLE("processor time when nobody asks", Measure.IDLE_CPU),
        KERNEL("descriptors and threads", Measure.DESCRIPTORS, Measure.THREADS);

        private final String title;
        private final List<Measure> measures;

        Picture(String title, Measure... measures) {
            this.title = title;
            this.measures = List.of(measures);
        }

        double[] values(Sweep sweep, Measure measure) {
            return sweep.growth(measure).ys();
        }

        /** Empty where none of it was measured. */
        private String of(Sweep sweep) {
            Map<String, double[]> series = new LinkedHashMap<>();
            measures.stream().filter(sweep.measures()::contains)
                    .forEach(measure -> series.put(measure.title, values(sweep, measure)));
            return series.isEmpty() ? "" : new LogChart(title, measures.get(0).unit,
                    sweep.steps().stream().mapToDouble(Sweep.Step::x).toArray(),
                    sweep.steps().stream().map(Sweep.Step::label).toList(), series).svg();
        }
    }

    void write(Path file, List<Sweep> sweeps, List<Bar> bars) throws IOException {
        StringBuilder page = new StringBuilder(PageStyle.head("How Varve grows"));
        page.append("<h1>How Varve grows</h1><p>").append(Machine.describe()).append("</p>");
        page.append("<p>").append(Explanations.COUNTED).append("</p>");
        bars(page, bars);
        for (Sweep sweep : sweeps) {
            page.append("<h2>").append(sweep.name()).append("</h2><p>").append(Explanations.of(sweep.name()));
            page.append("</p><div class=charts>");
            for (Picture picture : Picture.values()) {
                page.append(picture.of(sweep));
            }
            page.append("</div>");
            figures(page, sweep);
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, page.append("</html>\n"));
    }

    private static void bars(StringBuilder page, List<Bar> bars) {
        page.append("<h2>Bars</h2><table><tr><th>sweep<th>figure<th>at most<th>measured<th>");
        for (Bar bar : bars) {
            page.append(String.format(Locale.ROOT, "<tr><td>%s<td>%s<td class=n>%s %s<td class=n>%s<td class=%s>%s",
                    bar.sweep(), bar.what(), ScaleText.number(bar.atMost()), bar.unit(),
                    ScaleText.number(bar.measured()), bar.reached() ? "ok" : "missed",
                    bar.reached() ? "ok" : "missed"));
        }
        page.append("</table>");
    }

    private static void figures(StringBuilder page, Sweep sweep) {
        page.append("<table><tr><th>");
        sweep.steps().forEach(step -> page.append("<th class=n>").append(step.label()));
        page.append("<th>one more<th>exponents");
        for (Measure measure : sweep.measures()) {
            page.append("<tr><td>").append(measure.title).append(measure.unit.isEmpty() ? "" : ", " + measure.unit);
            Growth growth = sweep.growth(measure);
            for (double value : growth.ys()) {
                page.append("<td class=n>").append(ScaleText.number(value));
            }
            page.append("<td class=n>").append(ScaleText.perUnit(measure, growth)).append("<td>")
                    .append(ScaleText.exponents(growth));
        }
        page.append("</table>");
        nativeMemory(page, sweep.steps().get(sweep.steps().size() - 1));
    }

    private static void nativeMemory(StringBuilder page, Sweep.Step step) {
        page.append("<p>Native memory by the JVM's own account at ").append(step.label()).append(", MiB: ");
        step.nativeMib().entrySet().stream()
                .filter(each -> each.getValue() >= 0.1)
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .forEach(each -> page.append(String.format(Locale.ROOT, "%s %.1f; ", each.getKey(), each.getValue())));
        page.append("</p>");
    }
}
