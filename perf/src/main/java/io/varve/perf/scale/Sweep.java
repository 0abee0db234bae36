package io.varve.perf.scale;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured while one number of something grew.
 *
 * <p>Owned by the main thread.
 */
final class Sweep {
    private final String name;
    private final String axis;
    private final List<Step> steps = new ArrayList<>();

    /** @param values in the unit of the measure; what was not measured is not in it */
    record Step(String label, double x, Map<Measure, Double> values, Map<String, Double> nativeMib) {
    }

    /** @param axis what is counted, for people */
    Sweep(String name, String axis) {
        this.name = name;
        this.axis = axis;
    }

    String name() {
        return name;
    }

    String axis() {
        return axis;
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    /** @param x greater than that of the step before */
    void add(String label, double x, Map<Measure, Double> values, Map<String, Double> nativeMib) {
        steps.add(new Step(label, x, new EnumMap<>(values), Map.copyOf(nativeMib)));
    }

    /** Measured at each step, in the order of {@link Measure}. */
    List<Measure> measures() {
        return List.of(Measure.values()).stream()
                .filter(measure -> !steps.isEmpty()
                        && steps.stream().allMatch(step -> step.values().containsKey(measure)))
                .toList();
    }

    Growth growth(Measure measure) {
        return new Growth(steps.stream().mapToDouble(Step::x).toArray(),
                steps.stream().mapToDouble(step -> step.values().get(measure)).toArray(), measure.noise);
    }
}
