package io.varve.perf.macro;

import io.varve.perf.macro.Chart.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The charts of the page: what is worth a look, as far as it was measured.
 *
 * <p>Owned by the main thread.
 */
final class Curves {
    private static final List<Metric> PERCENTILES = List.of(Metric.P50_US, Metric.P99_US, Metric.P999_US);

    private final Measurements measurements;
    private final List<String> servers;
    private final Map<String, String> colours;
    private final StringBuilder page = new StringBuilder();

    /** @param colours by the title of the server */
    Curves(Measurements measurements, List<String> servers, Map<String, String> colours) {
        this.measurements = measurements;
        this.servers = servers;
        this.colours = colours;
    }

    /** What one place of the x axis shows. */
    private record Point(Workload workload, Metric metric) {
    }

    /** All charts as HTML; empty where nothing was measured that has one. */
    String html() {
        for (Metric metric : List.of(Metric.IOPS, Metric.SERVER_CPU_US)) {
            lines("4K random read, by depth", metric, depths(true));
            lines("4K random write, by depth", metric, depths(false));
            lines("4K random read QD32, by length of the chain", metric, chains());
            bars("4K random read QD32, by connections", metric, connections());
        }
        for (Workload workload : List.of(Workloads.READ_QD1, Workloads.READ_QD32, Workloads.WRITE_QD32)) {
            percentiles(workload);
        }
        bars("128K sequential QD16", Metric.IOPS,
                places("read", Workloads.SEQUENTIAL_READ, "write", Workloads.SEQUENTIAL_WRITE));
        return page.toString();
    }

    private static Map<String, Workload> places(String first, Workload one, String second, Workload other) {
        Map<String, Workload> places = new LinkedHashMap<>();
        places.put(first, one);
        places.put(second, other);
        return places;
    }

    private static Map<String, Workload> connections() {
        return places("1", Workloads.READ_QD32, "4", Workloads.READ_CONNECTIONS);
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

    private void lines(String title, Metric metric, Map<String, Workload> places) {
        Chart chart = chart(title, metric.title, Scale.LINEAR, points(metric, places));
        // A curve of one point says nothing.
        if (chart.series().values().stream().anyMatch(values -> count(values) > 1)) {
            page.append(chart.lines());
        }
    }

    private void bars(String title, Metric metric, Map<String, Workload> places) {
        append(chart(title, metric.title, Scale.LINEAR, points(metric, places)));
    }

    private void percentiles(Workload workload) {
        Map<String, Point> points = new LinkedHashMap<>();
        for (Metric metric : PERCENTILES) {
            points.put(metric.title, new Point(workload, metric));
        }
        append(chart(workload.name() + ", latency, logarithmic", "us", Scale.LOGARITHMIC, points));
    }

    private void append(Chart chart) {
        if (!chart.series().isEmpty()) {
            page.append(chart.bars());
        }
    }

    private static Map<String, Point> points(Metric metric, Map<String, Workload> places) {
        Map<String, Point> points = new LinkedHashMap<>();
        places.forEach((label, workload) -> points.put(label, new Point(workload, metric)));
        return points;
    }

    private static long count(double[] values) {
        return Arrays.stream(values).filter(value -> !Double.isNaN(value)).count();
    }

    private Chart chart(String title, String unit, Scale scale, Map<String, Point> points) {
        Map<String, double[]> series = new LinkedHashMap<>();
        for (String server : servers) {
            double[] values = points.values().stream().mapToDouble(point -> median(server, point)).toArray();
            if (count(values) > 0) {
                series.put(server, values);
            }
        }
        return new Chart(title, unit, scale, new ArrayList<>(points.keySet()), series, colours);
    }

    private double median(String server, Point point) {
        return measurements.has(point.workload, server, point.metric)
                ? measurements.spread(point.workload, server, point.metric).median()
                : Double.NaN;
    }
}
