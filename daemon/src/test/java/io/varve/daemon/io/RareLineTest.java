package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RareLineTest {

    @Test
    void shouldSayOnceInAPeriodAndCountTheRest() {
        RareLine line = new RareLine(100);
        assertThat(line.suffix(-5)).isEmpty();
        assertThat(line.suffix(94)).isNull();
        assertThat(line.suffix(95)).isEqualTo(" (and 1 more since the last such line)");
        assertThat(line.leftOut(96)).isEqualTo(RareLine.NOT_NOW);
        assertThat(line.leftOut(1000)).isEqualTo(1);
    }

    @Test
    void shouldSayAFewTimesInAPeriod() {
        RareLine line = new RareLine(100, 2);
        assertThat(line.leftOut(0)).isZero();
        assertThat(line.leftOut(10)).isZero();
        assertThat(line.leftOut(20)).isEqualTo(RareLine.NOT_NOW);
        assertThat(line.leftOut(99)).isEqualTo(RareLine.NOT_NOW);
        assertThat(line.leftOut(100)).isEqualTo(2);
        assertThat(line.leftOut(101)).isZero();
    }
}
