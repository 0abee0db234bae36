package io.varve.perf.scale;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The bars of the sweeps, and what holds for all of them: nothing grows faster than linearly.
 *
 * <p>Immutable.
 */
final class Bars {
    private static final double KIB_PER_MIB = 1024;
    /** Figures of how well it went, and not of what it costs. */
    private static final Set<Measure> NOT_COSTS = EnumSet.of(Measure.DEEP_IOPS);

    private Bars() {
    }

    static List<Bar> of(List<Sweep> sweeps) {
        List<Bar> bars = new ArrayList<>();
        for (Sweep sweep : sweeps) {
            special(sweep, bars);
            long faster = sweep.measures().stream()
                    .filter(measure -> !NOT_COSTS.contains(measure) && !sweep.growth(measure).isLinearAtMost())
                    .count();
            bars.add(new Bar(sweep.name(), "figures that grow faster than linearly", "", faster, 0));
        }
        return bars;
    }

    private static void special(Sweep sweep, List<Bar> bars) {
        switch (sweep.name()) {
            case "connections" -> {
                bars.add(perUnit(sweep, "memory of an idle connection", 2, 64));
                bars.add(last(sweep, Measure.IDLE_CPU, 20));
                bars.add(ratio(sweep, Measure.CPU_PER_READ, sweep.steps().size() - 1, 2));
            }
            case "images of the same layers" -> bars.add(perUnit(sweep, "memory of one more image", 1, 64));
            case "images, each a layer on the same base" ->
                bars.add(perUnit(sweep, "memory of one more image", 1, 96));
            case "images that share nothing" -> bars.add(perUnit(sweep, "memory of one more image", 1, 96));
            case "size" -> {
                bars.add(perUnit(sweep, "memory of one more GiB", 0, 2));
                bars.add(ratio(sweep, Measure.CPU_PER_READ, 4, 2));
                bars.add(last(sweep, Measure.OPEN_P50, 50));
            }
            case "layers" -> {
                bars.add(perUnit(sweep, "memory of one more layer", 0, 64));
                // A chain of 64 reads as one layer does; with 256, a disk that is one fragment of 4 KiB beside another.
                bars.add(ratio(sweep, Measure.DEEP_CPU, 3, 1.15));
                bars.add(ratio(sweep, Measure.DEEP_P50, 3, 1.15));
                bars.add(ratio(sweep, Measure.DEEP_CPU, 4, 1.5));
                bars.add(ratio(sweep, Measure.CPU_PER_READ, 4, 2));
            }
            default -> throw new IllegalArgumentException(sweep.name());
        }
        if (!sweep.name().equals("connections")) {
            bars.add(last(sweep, Measure.IDLE_CPU, 20));
        }
    }

    /** @param from the step from which it is counted */
    private static Bar perUnit(Sweep sweep, String what, int from, double atMostKib) {
        return new Bar(sweep.name(), what, "KiB", sweep.growth(Measure.HELD).perUnit(from) * KIB_PER_MIB, atMostKib);
    }

    private static Bar last(Sweep sweep, Measure measure, double atMost) {
        double[] values = sweep.growth(measure).ys();
        return new Bar(sweep.name(), measure.title + ", at the end", measure.unit, values[values.length - 1], atMost);
    }

    private static Bar ratio(Sweep sweep, Measure measure, int step, double atMost) {
        double[] values = sweep.growth(measure).ys();
        return new Bar(sweep.name(), measure.title + ", at " + sweep.steps().get(step).label() + " over first", "x",
                values[step] / values[0], atMost);
    }
}
