package io.varve.perf.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BarsTest {

    @Test
    void shouldMissTheBarOfAConnectionThatHoldsTooMuch() {
        assertThat(bar(connections(0.0624), "memory of an idle connection").reached()).isTrue();
        assertThat(bar(connections(0.0626), "memory of an idle connection").reached()).isFalse();
    }

    @Test
    void shouldCountFiguresThatGrowFasterThanTheNumber() {
        Sweep sweep = connections(0.01);
        assertThat(bar(sweep, "figures that grow faster than linearly").measured()).isZero();

        Sweep steep = new Sweep("connections", "connections");
        for (int count : new int[] {1, 10, 100, 1000}) {
            steep.add("" + count, count, values(50 + count * count * 0.01), Map.of());
        }
        assertThat(bar(steep, "figures that grow faster than linearly").measured()).isEqualTo(1);
    }

    private static Sweep connections(double mibEach) {
        Sweep sweep = new Sweep("connections", "connections");
        for (int count : new int[] {1, 10, 100, 1000}) {
            sweep.add("" + count, count, values(80 + count * mibEach), Map.of());
        }
        return sweep;
    }

    private static Map<Measure, Double> values(double held) {
        Map<Measure, Double> values = new EnumMap<>(Measure.class);
        values.put(Measure.HELD, held);
        values.put(Measure.IDLE_CPU, 1.0);
        values.put(Measure.CPU_PER_READ, 50.0);
        return values;
    }

    private static Bar bar(Sweep sweep, String what) {
        return Bars.of(List.of(sweep)).stream().filter(bar -> bar.what().equals(what)).findFirst().orElseThrow();
    }
}
