package io.varve.perf.macro;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All samples of a run, by workload and by the name of the server, in the order of the rounds; and beside them those of
 * the runs in which only {@link Metric#isCounted counted metrics} were taken.
 *
 * <p>Owned by the main thread.
 */
final class Measurements {
    private final Map<Workload, Map<String, List<Sample>>> samples = new LinkedHashMap<>();

    private final Map<Workload, Map<String, Sample>> counted = new LinkedHashMap<>();

    /** The sample of a run with counters, of which there is one for a workload and a server. */
    void addCounted(Workload workload, String server, Sample sample) {
        counted.computeIfAbsent(workload, key -> new LinkedHashMap<>()).put(server, sample);
    }

    void add(Workload workload, String server, Sample sample) {
        samples.computeIfAbsent(workload, key -> new LinkedHashMap<>())
                .computeIfAbsent(server, key -> new ArrayList<>())
                .add(sample);
    }

    List<Sample> samples(Workload workload, String server) {
        return samples.getOrDefault(workload, Map.of()).getOrDefault(server, List.of());
    }

    boolean has(Workload workload, String server) {
        return !samples(workload, server).isEmpty();
    }

    /** Whether somebody could take the metric there. */
    boolean has(Workload workload, String server, Metric metric) {
        return values(workload, server, metric).length > 0;
    }

    Spread spread(Workload workload, String server, Metric metric) {
        return Spread.of(values(workload, server, metric));
    }

    /** How many times the metric of {@code peer} that of {@code server} is. Both have samples of every round. */
    Spread ratio(Workload workload, String server, String peer, Metric metric) {
        return Spread.ratio(values(workload, server, metric), values(workload, peer, metric));
    }

    /** {@link Sample#othersShare} of all samples. */
    Spread othersShare() {
        return Spread.of(samples.values().stream()
                .flatMap(servers -> servers.values().stream())
                .flatMap(List::stream)
                .mapToDouble(Sample::othersShare)
                .toArray());
    }

    double[] values(Workload workload, String server, Metric metric) {
        Stream<Sample> taken = metric.isCounted()
                ? Stream.ofNullable(counted.getOrDefault(workload, Map.of()).get(server))
                : samples(workload, server).stream();
        return taken.mapToDouble(metric::of).filter(value -> !Double.isNaN(value)).toArray();
    }
}
