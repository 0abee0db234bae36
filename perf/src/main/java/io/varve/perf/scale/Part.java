package io.varve.perf.scale;

import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets one number grow, and measures the daemon at each step.
 *
 * <p>Owned by the main thread.
 */
abstract class Part {
    /** Until the JVM has compiled what serves a read. */
    static final int WARM_UP_READS = 30_000;

    private static final int STEADY_READS = 4_000;
    private static final int STEADY_PER_SECOND = 2_000;

    final Workbench bench;
    private final PrintStream out;

    Part(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
    }

    /** @return curves, each of at least three steps */
    abstract List<Sweep> run() throws IOException, InterruptedException;

    final void say(String what) {
        out.println(what);
    }

    /** Idle, then with few reads by all clients in turn, then its memory. */
    final void measure(Sweep sweep, String label, double x, Probe probe, Crowd crowd, Map<Measure, Double> known)
            throws IOException, InterruptedException {
        Map<Measure, Double> values = new EnumMap<>(Measure.class);
        values.putAll(known);
        values.put(Measure.IDLE_CPU, probe.idleCpu());
        long before = probe.cpuNs();
        long[] tookNs = crowd.readSteadily(STEADY_READS, STEADY_PER_SECOND);
        values.put(Measure.CPU_PER_READ, (probe.cpuNs() - before) / 1e3 / STEADY_READS);
        values.put(Measure.READ_P50, percentile(tookNs, 0.50) / 1e3);
        values.put(Measure.READ_P99, percentile(tookNs, 0.99) / 1e3);
        Map<String, Double> nativeMib = new HashMap<>();
        values.putAll(probe.memory(nativeMib));
        sweep.add(label, x, values, nativeMib);
        say(sweep.name() + ": " + label);
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[(int) ((sorted.length - 1) * share)];
    }

    static double median(double[] sorted) {
        return sorted[sorted.length / 2];
    }
}
