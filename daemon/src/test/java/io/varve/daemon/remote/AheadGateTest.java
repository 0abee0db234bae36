package io.varve.daemon.remote;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AheadGateTest {

    private final AheadGate gate = new AheadGate(2);

    @Test
    void shouldLetInAFewAtATime() throws InterruptedException {
        assertThat(gate.enterAhead(0)).isTrue();
        assertThat(gate.enterAhead(0)).isTrue();
        assertThat(gate.enterAhead(0)).isFalse();
        gate.aheadEnds();
        assertThat(gate.enterAhead(0)).isTrue();
    }

    @Test
    void shouldLetNobodyInWhileAClientWaits() throws InterruptedException {
        gate.demandBegins();
        assertThat(gate.enterAhead(0)).isFalse();
        assertThat(gate.enterAhead(1)).isFalse();
        gate.demandEnds();
        assertThat(gate.enterAhead(0)).isTrue();
    }

    @Test
    void shouldCountWhatAClientWaitsForAsTheClients() throws InterruptedException {
        FetchBuffers buffers = new FetchBuffers();
        assertThat(gate.enterAhead(0)).isTrue();
        Fetch fetch = new Fetch(buffers, gate, Origin.Urgency.AHEAD);
        fetch.begin();
        fetch.promote();
        fetch.promote();
        assertThat(gate.enterAhead(0)).isFalse();
        fetch.end();
        fetch.promote();
        assertThat(gate.enterAhead(0)).isTrue();
        assertThat(gate.enterAhead(0)).isTrue();
        assertThat(gate.enterAhead(0)).isFalse();
    }

    @Test
    void shouldCountAPromotionBeforeTheBeginning() throws InterruptedException {
        assertThat(gate.enterAhead(0)).isTrue();
        Fetch fetch = new Fetch(new FetchBuffers(), gate, Origin.Urgency.AHEAD);
        fetch.promote();
        fetch.begin();
        assertThat(gate.enterAhead(0)).isFalse();
        fetch.end();
        assertThat(gate.enterAhead(0)).isTrue();
        assertThat(gate.enterAhead(0)).isTrue();
    }

    @Test
    void shouldLetNobodyInOnceClosed() throws InterruptedException {
        gate.close();
        assertThat(gate.enterAhead(Long.MAX_VALUE / 2)).isFalse();
    }
}
