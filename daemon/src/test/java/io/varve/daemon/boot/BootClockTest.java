package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootClock.Phase;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a boot begins and ends. */
class BootClockTest {

    private static final long LATER_NS = TimeUnit.SECONDS.toNanos(1);

    private final BootClock clock = new BootClock();

    @Test
    void shouldEndAfterMoreReadsThanABootHas() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        for (int i = 2; i <= BootClock.MAX_BOOT_READS; i++) {
            assertThat(clock.onRead(i, i)).isEqualTo(Phase.GOES_ON);
        }
        assertThat(clock.onRead(LATER_NS, BootClock.MAX_BOOT_READS)).isEqualTo(Phase.OVER);
    }

    @Test
    void shouldCountTheReadsOfTheBootAlone() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        assertThat(clock.onRead(1, 1)).isEqualTo(Phase.GOES_ON);
        long begin = 2 * BootClock.IDLE_NS;
        assertThat(clock.onRead(begin, 1)).as("after somebody looked at the disk").isEqualTo(Phase.BEGINS);
        for (int i = 2; i <= BootClock.MAX_BOOT_READS; i++) {
            assertThat(clock.onRead(begin + i, i)).isEqualTo(Phase.GOES_ON);
        }
    }

    @Test
    void shouldEndAfterTheLongestBootAndAfterSilence() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        long now = 0;
        while (now + BootClock.IDLE_NS / 2 <= BootClock.MAX_BOOT_NS) {
            now += BootClock.IDLE_NS / 2;
            assertThat(clock.onRead(now, BootClock.MIN_BOOT_PAGES)).isEqualTo(Phase.GOES_ON);
        }
        assertThat(clock.onRead(now + LATER_NS, BootClock.MIN_BOOT_PAGES)).isEqualTo(Phase.OVER);

        BootClock other = new BootClock();
        assertThat(other.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        assertThat(other.onRead(BootClock.IDLE_NS + 1, BootClock.MIN_BOOT_PAGES)).isEqualTo(Phase.OVER);
    }
}
