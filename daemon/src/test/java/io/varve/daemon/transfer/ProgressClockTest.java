package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressClockTest {

    private long nowNs = 5;
    private final List<String> heard = new ArrayList<>();

    @Test
    void shouldReportAFewTimesPerSecondAndAtTheEnd() {
        ProgressClock clock = new ProgressClock(
                (done, total, rate) -> heard.add(done + "/" + total + " at " + rate), () -> nowNs, 1000, 100);
        clock.onStep(150);
        nowNs += 100_000_000;
        clock.onStep(200);
        nowNs += 400_000_000;
        clock.onStep(600);
        clock.onStep(700);
        nowNs += 500_000_000;
        clock.onEnd();

        assertThat(heard).containsExactly("600/1000 at 1000", "1000/1000 at 900");
    }

    @Test
    void shouldNotDivideByATimeThatDidNotPass() {
        new ProgressClock((done, total, rate) -> heard.add(done + " at " + rate), () -> nowNs, 10, 0).onEnd();

        assertThat(heard).containsExactly("10 at 0");
    }
}
