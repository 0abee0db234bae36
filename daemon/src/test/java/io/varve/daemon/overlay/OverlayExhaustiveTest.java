package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Every workload of up to three steps; see {@link OverlayCrashSuite}. */
class OverlayExhaustiveTest {

    private static final int MAX_STEPS = 3;
    private static final int IMAGES_PER_CUT = 4;

    @Test
    void shouldSurviveEveryShortWorkload() throws IOException {
        long images = new OverlayCrashSuite(MAX_STEPS, IMAGES_PER_CUT).call();
        System.out.println("OverlayExhaustiveTest: " + images + " crash images");
        assertThat(images).isGreaterThan(100_000);
    }
}
