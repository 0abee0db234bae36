package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Every sequence of up to five steps; see {@link StoreCrashSuite}. */
class StoreExhaustiveTest {

    private static final int MAX_STEPS = 5;
    private static final int CALLS_PER_CUT = 60;

    @Test
    void shouldSurviveEveryShortSequence() throws IOException {
        StoreCrashSuite suite = new StoreCrashSuite(MAX_STEPS, CALLS_PER_CUT);
        long images = suite.call();
        System.out.println("StoreExhaustiveTest: " + images + " crash images");
        assertThat(images).isGreaterThan(50_000);
        assertThat(suite.repetitionCount()).isGreaterThan(3_000);
    }
}
