package io.varve.perf.macro;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The same for programs: every sample, medians, ratios and targets, with the machine and the settings.
 *
 * <p>Owned by the main thread.
 */
final class JsonReport {
    private static final JSON PRETTY = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private final Map<String, Object> document = new LinkedHashMap<>();

    JsonReport(Map<String, Object> settings) throws IOException {
        document.put("machine", Machine.describe());
        document.put("settings", settings);
    }

    JsonReport with(String name, Object value) {
        document.put(name, value);
        return this;
    }

    JsonReport with(Measurements measurements, List<Workload> workloads, List<String> servers) {
        List<Object> results = new ArrayList<>();
        for (Workload workload : workloads) {
            for (String server : servers) {
                if (measurements.has(workload, server)) {
                    results.add(result(measurements, workload, server));
                }
            }
        }
        List<Object> targets = new ArrayList<>();
        for (Target target : Targets.ALL) {
            if (target.measured(measurements)) {
                targets.add(target(measurements, target));
            }
        }
        if (!results.isEmpty()) {
            with("othersShare", spread(measurements.othersShare()));
        }
        return with("results", results).with("targets", targets);
    }

    JsonReport with(List<Finding> findings) {
        List<Object> list = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("what", finding.what());
            result.put("server", finding.server());
            result.putAll(spread(finding.spread()));
            if (finding.hasBar()) {
                result.put(finding.bar().jsonName(), finding.bar().limit());
                result.put("reached", finding.isReached());
            }
            list.add(result);
        }
        return with("findings", list);
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, PRETTY.asString(document) + "\n");
    }

    private static Map<String, Object> result(Measurements measurements, Workload workload,
                                              String server) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("workload", workload.name());
        result.put("server", server);
        for (Metric metric : Metric.values()) {
            if (measurements.has(workload, server, metric)) {
                Map<String, Object> values = spread(measurements.spread(workload, server, metric));
                values.put("rounds", measurements.values(workload, server, metric));
                if (!server.equals(Contender.VARVE.title)
                        && measurements.has(workload, Contender.VARVE.title, metric)) {
                    values.put("varveRatio",
                            spread(measurements.ratio(workload, Contender.VARVE.title, server, metric)));
                }
                result.put(metric.jsonName, values);
            }
        }
        return result;
    }

    private static Map<String, Object> target(Measurements measurements, Target target) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("workload", target.workload().name());
        result.put("against", target.against());
        result.put("metric", target.metric().jsonName);
        result.put(target.bar().jsonName(), target.bar().limit());
        result.put("measured", spread(target.ratio(measurements)));
        result.put("reached", target.reached(measurements));
        return result;
    }

    static Map<String, Object> spread(Spread spread) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("median", spread.median());
        values.put("lowest", spread.lowest());
        values.put("highest", spread.highest());
        return values;
    }
}
