package io.varve.perf.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GrowthTest {

    private static final double[] COUNTS = {1, 10, 100, 1000};

    @Test
    void shouldCallGrowthInProportionLinearWhateverIsFixed() {
        Growth growth = new Growth(COUNTS, new double[] {501, 510, 600, 1500}, 0.1);

        assertThat(growth.isLinearAtMost()).isTrue();
        assertThat(growth.exponent(2)).isCloseTo(1, within(1e-9));
        assertThat(growth.exponent(3)).isCloseTo(1, within(1e-9));
        assertThat(growth.perUnit(1)).isCloseTo(1, within(1e-9));
    }

    @Test
    void shouldFindWhatGrowsWithTheSquare() {
        Growth growth = new Growth(COUNTS, new double[] {500, 500 + 81, 500 + 99 * 99, 500 + 999 * 999}, 0.1);

        assertThat(growth.isLinearAtMost()).isFalse();
        assertThat(growth.exponent(3)).isCloseTo(2, within(1e-9));
    }

    @Test
    void shouldFindAKneeAtTheEnd() {
        assertThat(new Growth(COUNTS, new double[] {10, 11, 20, 250}, 0.1).isLinearAtMost()).isFalse();
        assertThat(new Growth(COUNTS, new double[] {10, 11, 20, 110}, 0.1).isLinearAtMost()).isTrue();
    }

    @Test
    void shouldNotTakeNoiseForGrowth() {
        Growth growth = new Growth(COUNTS, new double[] {10, 9.5, 10.5, 10.9}, 1);

        assertThat(growth.isLinearAtMost()).isTrue();
        assertThat(growth.exponent(2)).isNaN();
        assertThat(growth.exponent(3)).isNaN();
    }
}
