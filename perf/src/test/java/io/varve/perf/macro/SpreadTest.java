package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void shouldTakeTheMiddleOfAnOddCount() {
        assertThat(Spread.of(new double[] {9, 1, 5})).isEqualTo(new Spread(5, 1, 9));
    }

    @Test
    void shouldTakeTheMeanOfTheTwoMiddleValuesOfAnEvenCount() {
        assertThat(Spread.of(new double[] {4, 1, 2, 9})).isEqualTo(new Spread(3, 1, 9));
    }

    @Test
    void shouldLeaveTheCallersOrderAlone() {
        double[] values = {3, 1, 2};
        Spread.of(values);
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void shouldDivideMediansAndShowTheRatiosOfSingleRounds() {
        assertThat(Spread.ratio(new double[] {10, 30, 20}, new double[] {10, 10, 5}))
                .isEqualTo(new Spread(2, 1, 4));
    }

    @Test
    void shouldRefuseNoValues() {
        assertThatThrownBy(() -> Spread.of(new double[0])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldPrintTheDistanceOfTheLowestAndTheHighestRound() {
        assertThat(TextReport.text(new Spread(20_000, 15_000, 22_000))).isEqualTo("20000 -25+10%");
        assertThat(TextReport.text(new Spread(1.5, 1.5, 1.5))).isEqualTo("1.50 +0+0%");
    }
}
