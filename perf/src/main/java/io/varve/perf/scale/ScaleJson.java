package io.varve.perf.scale;

import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.perf.macro.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The same for programs.
 *
 * <p>Immutable.
 */
final class ScaleJson {

    void write(Path file, List<Sweep> sweeps, List<Bar> bars) throws IOException {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("machine", Machine.describe());
        document.put("sweeps", sweeps.stream().map(ScaleJson::sweep).toList());
        document.put("bars", bars.stream().map(ScaleJson::bar).toList());
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(document) + "\n");
    }

    private static Map<String, Object> sweep(Sweep sweep) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", sweep.name());
        fields.put("axis", sweep.axis());
        fields.put("x", sweep.steps().stream().map(Sweep.Step::x).toList());
        List<Object> measures = new ArrayList<>();
        for (Measure measure : sweep.measures()) {
            Growth growth = sweep.growth(measure);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("name", measure.name().toLowerCase(Locale.ROOT));
            figures.put("unit", measure.unit);
            figures.put("values", growth.ys());
            figures.put("perUnit", growth.perUnit(1));
            figures.put("exponents", IntStream.range(2, growth.xs().length).mapToDouble(growth::exponent)
                    .mapToObj(exponent -> Double.isNaN(exponent) ? null : exponent).toList());
            figures.put("linearAtMost", growth.isLinearAtMost());
            measures.add(figures);
        }
        fields.put("measures", measures);
        fields.put("nativeMib", sweep.steps().stream().map(Sweep.Step::nativeMib).toList());
        return fields;
    }

    private static Map<String, Object> bar(Bar bar) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("sweep", bar.sweep());
        fields.put("what", bar.what());
        fields.put("unit", bar.unit());
        fields.put("measured", bar.measured());
        fields.put("atMost", bar.atMost());
        fields.put("reached", bar.reached());
        return fields;
    }
}
