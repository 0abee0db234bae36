package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BarTest {
    @Test
    void shouldBeReachedOnItsGoodSideAndExactly() {
        assertThat(Bar.atLeast(2).isReached(2)).isTrue();
        assertThat(Bar.atLeast(2).isReached(1.99)).isFalse();
        assertThat(Bar.atMost(2).isReached(2)).isTrue();
        assertThat(Bar.atMost(2).isReached(2.01)).isFalse();
    }

    @Test
    void shouldSayItselfWithoutFractionsOfLargeNumbers() {
        assertThat(Bar.atLeast(1.35).text()).isEqualTo("at least 1.35");
        assertThat(Bar.atMost(500).text()).isEqualTo("at most 500");
    }

    @Test
    void shouldHoldForVarveAloneAmongFindings() {
        double[] rounds = {600, 501, 400};
        Finding peer = Finding.of("what", Contender.NBDKIT_FILE, rounds, Bar.atMost(500));
        Finding varve = Finding.of("what", Contender.VARVE, rounds, Bar.atMost(500));
        assertThat(peer.hasBar()).isFalse();
        assertThat(peer.isReached()).isTrue();
        assertThat(varve.isReached()).as("the median is 501").isFalse();
    }
}
