package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.perf.macro.Chart.Scale;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ChartTest {
    private static final Pattern HEIGHTS = Pattern.compile("<rect [^>]*height='([0-9.]+)'");

    @Test
    void shouldDrawTheSameRatioAsTheSameDistanceOnALogarithmicScale() {
        List<Double> heights = heights(Scale.LOGARITHMIC, 20, 200, 2000);
        assertThat(heights.get(1) - heights.get(0)).isCloseTo(heights.get(2) - heights.get(1), within());
        assertThat(heights.get(0)).isPositive();
    }

    @Test
    void shouldDrawTwiceTheValueTwiceAsHighOnALinearScale() {
        List<Double> heights = heights(Scale.LINEAR, 20, 40, 80);
        assertThat(heights.get(1)).isCloseTo(2 * heights.get(0), within());
        assertThat(heights.get(2)).isCloseTo(4 * heights.get(0), within());
    }

    @Test
    void shouldLeaveOutWhatIsMissing() {
        assertThat(heights(Scale.LINEAR, 20, Double.NaN, 80)).hasSize(2);
    }

    private static List<Double> heights(Scale scale, double... values) {
        Chart chart = new Chart("title", "unit", scale, List.of("a", "b", "c"), Map.of("s", values),
                Map.of("s", "red"));
        return HEIGHTS.matcher(chart.bars()).results().map(match -> Double.valueOf(match.group(1))).toList();
    }

    /** The picture has one decimal. */
    private static Offset<Double> within() {
        return Offset.offset(0.5);
    }
}
