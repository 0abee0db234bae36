package io.varve.perf.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LogChartTest {

    private static final Pattern POINT = Pattern.compile("<circle cx='([0-9.]+)' cy='([0-9.]+)'");

    @Test
    void shouldDrawPowersAsStraightLines() {
        List<double[]> points = points(new double[] {2, 20, 200});

        assertThat(points).hasSize(3);
        assertThat(points.get(1)[0] - points.get(0)[0]).isCloseTo(points.get(2)[0] - points.get(1)[0], within(0.2));
        assertThat(points.get(1)[1] - points.get(0)[1]).isCloseTo(points.get(2)[1] - points.get(1)[1], within(0.2));
        assertThat(points.get(2)[1]).as("more is further up").isLessThan(points.get(0)[1]);
    }

    @Test
    void shouldKeepZeroInThePicture() {
        List<double[]> points = points(new double[] {0, 1, 10});

        assertThat(points.get(0)[1]).isEqualTo(points.get(1)[1]);
        assertThat(chart(new double[] {0, 0, 0})).doesNotContain("NaN").doesNotContain("Infinity");
    }

    private static List<double[]> points(double[] values) {
        List<double[]> points = new ArrayList<>();
        Matcher point = POINT.matcher(chart(values));
        while (point.find()) {
            points.add(new double[] {Double.parseDouble(point.group(1)), Double.parseDouble(point.group(2))});
        }
        return points;
    }

    private static String chart(double[] values) {
        return new LogChart("title", "MiB", new double[] {1, 10, 100}, List.of("1", "10", "100"),
                Map.of("memory", values)).svg();
    }
}
