package io.varve.perf.scale;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The tables for a terminal.
 *
 * <p>Owned by the main thread.
 */
final class ScaleText {
    private static final int FIRST_EXPONENT = 2;

    private final PrintStream out;

    ScaleText(PrintStream out) {
        this.out = out;
    }

    void print(List<Sweep> sweeps, List<Bar> bars) {
        sweeps.forEach(this::print);
        out.println();
        out.printf("%-38s %-40s %10s %10s%n", "bar", "", "at most", "measured");
        for (Bar bar : bars) {
            out.printf("%-38s %-40s %10s %10s %-5s %s%n", bar.sweep(), bar.what(), number(bar.atMost()),
                    number(bar.measured()), bar.unit(), bar.reached() ? "ok" : "missed");
        }
    }

    private void print(Sweep sweep) {
        out.println();
        out.printf("%-26s", sweep.name());
        sweep.steps().forEach(step -> out.printf(" %9s", step.label()));
        out.println("   one more  exponents");
        for (Measure measure : sweep.measures()) {
            out.printf("%-26s", measure.title + (measure.unit.isEmpty() ? "" : ", " + measure.unit));
            sweep.steps().forEach(step -> out.printf(" %9s", number(step.values().get(measure))));
            Growth growth = sweep.growth(measure);
            out.printf("  %9s  %s%s%n", perUnit(measure, growth), exponents(growth),
                    growth.isLinearAtMost() ? "" : "  faster than linear");
        }
    }

    /** The growth from the second step to the last, in a unit in which it can be read. */
    static String perUnit(Measure measure, Growth growth) {
        double perUnit = growth.perUnit(1);
        return measure.unit.equals("MiB")
                ? String.format(Locale.ROOT, "%.1f KiB", perUnit * 1024)
                : String.format(Locale.ROOT, "%.2g", perUnit);
    }

    static String exponents(Growth growth) {
        return IntStream.range(FIRST_EXPONENT, growth.xs().length)
                .mapToDouble(growth::exponent)
                .mapToObj(exponent -> Double.isNaN(exponent) ? "-" : String.format(Locale.ROOT, "%.2f", exponent))
                .collect(Collectors.joining(" "));
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 || value == Math.rint(value) ? "%.0f" : "%.2f", value);
    }
}
