package io.varve.nbd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Test;

/** Any client in the handshake is answered as the protocol has it: see {@link HandshakeOracle}. */
class HandshakeFuzzTest {

    private static final int INPUT_COUNT = 20_000;

    private final HandshakeRun run = new HandshakeRun();

    @FuzzTest
    void shouldAnswerAnyClient(byte[] input) {
        run.play(input);
    }

    @Test
    void shouldAnswerRandomClients() {
        RandomInputs.playAll("handshake", 1, INPUT_COUNT, run::play);
        assertThat(run.negotiatedCount()).isGreaterThan(INPUT_COUNT / 20);
        assertThat(run.reached().count()).as("situations").isGreaterThan(40);
    }
}
