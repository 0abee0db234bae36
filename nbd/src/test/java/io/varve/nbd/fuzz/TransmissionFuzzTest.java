package io.varve.nbd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.Test;

/** Any client in transmission is answered as the protocol has it: see {@link ReplyOracle}. */
class TransmissionFuzzTest {

    private static final int INPUT_COUNT = 40_000;

    private final TransmissionRun run = new TransmissionRun();

    @FuzzTest
    void shouldAnswerAnyClient(byte[] input) {
        run.play(input);
    }

    @Test
    void shouldAnswerRandomClients() {
        RandomInputs.playAll("transmission", 1, INPUT_COUNT, run::play);
        for (int style = 0; style < 3; style++) {
            for (int type : new int[] {0, 1, 3, 4, 5, 6, 7}) {
                boolean answerable = type != RequestRules.BLOCK_STATUS || style > 0;
                assertThat(run.reached().successes(style, type)).as("style %d, command %d", style, type)
                        .matches(count -> !answerable || count > 300);
            }
        }
        assertThat(run.reached().count()).as("situations").isGreaterThan(350);
    }
}
