package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootClock.Phase;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a boot begins and ends. */
class BootClockTest {

    private static final long LATER_NS = TimeUnit.SECONDS.toNanos(1);
    /** From read to read, just slower than a burst. */
    private static final long SLOW_NS = BootClock.BURST_NS / BootClock.BURST_READS + 1;

    private final BootClock clock = new BootClock();

    @Test
    void shouldEndAfterMoreReadsThanABootHas() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        for (int i = 2; i <= BootClock.MAX_BOOT_READS; i++) {
            assertThat(clock.onRead(i * SLOW_NS, i)).isEqualTo(Phase.GOES_ON);
        }
        long now = BootClock.MAX_BOOT_READS * SLOW_NS + LATER_NS;
        assertThat(clock.onRead(now, BootClock.MAX_BOOT_READS)).isEqualTo(Phase.OVER);
        assertThat(clock.burstUs()).as("no burst").isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void shouldEndWithABurst() {
        final long fastNs = SLOW_NS - 1;
        assertThat(BootClock.BURST_READS * fastNs).isLessThan(BootClock.BURST_NS);
        assertThat(clock.onRead(LATER_NS, 0)).isEqualTo(Phase.BEGINS);
        for (int i = 1; i < BootClock.BURST_READS; i++) {
            assertThat(clock.onRead(LATER_NS + i * fastNs, i)).isEqualTo(Phase.GOES_ON);
        }
        long now = LATER_NS + BootClock.BURST_READS * fastNs;
        assertThat(clock.onRead(now, BootClock.BURST_READS)).isEqualTo(Phase.OVER);
        assertThat(clock.burstUs()).isZero();
    }

    @Test
    void shouldFindABurstWhereverItBegins() {
        for (int bootReads = 1; bootReads < 20_000; bootReads += 611) {
            final BootClock other = new BootClock();
            final long boot = BootClock.MIN_BOOT_PAGES;
            long now = 0;
            assertThat(other.onRead(now, 0)).isEqualTo(Phase.BEGINS);
            for (int i = 1; i < bootReads; i++) {
                now += SLOW_NS;
                assertThat(other.onRead(now, boot)).isEqualTo(Phase.GOES_ON);
            }
            now += LATER_NS;
            final long beginUs = TimeUnit.NANOSECONDS.toMicros(now);
            int burstReads = 1;
            while (other.onRead(now, boot) == Phase.GOES_ON) {
                now += TimeUnit.MICROSECONDS.toNanos(5);
                burstReads++;
            }
            final int more = burstReads - 1 - BootClock.BURST_READS;
            assertThat(more).as("after %d reads", bootReads).isBetween(0, BootClock.STEP_READS - 1);
            assertThat(other.burstUs()).isEqualTo((int) beginUs + more * 5);
        }
    }

    @Test
    void shouldTakeAShortBurstForABoot() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        long now = 0;
        for (int i = 1; i < 4 * BootClock.BURST_READS; i++) {
            now += i % (BootClock.BURST_READS / 2) == 0 ? BootClock.BURST_NS : 1;
            assertThat(clock.onRead(now, i)).isEqualTo(Phase.GOES_ON);
        }
    }

    @Test
    void shouldMeasureThePaceOfTheBootAlone() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        for (int i = 1; i < BootClock.BURST_READS; i++) {
            assertThat(clock.onRead(i, 1)).isEqualTo(Phase.GOES_ON);
        }
        long begin = 2 * BootClock.IDLE_NS;
        assertThat(clock.onRead(begin, 1)).isEqualTo(Phase.BEGINS);
        for (int i = 1; i < 2 * BootClock.BURST_READS; i++) {
            assertThat(clock.onRead(begin + i * SLOW_NS, i)).isEqualTo(Phase.GOES_ON);
        }
    }

    @Test
    void shouldCountTheReadsOfTheBootAlone() {
        assertThat(clock.onRead(0, 0)).isEqualTo(Phase.BEGINS);
        assertThat(clock.onRead(1, 1)).isEqualTo(Phase.GOES_ON);
        long begin = 2 * BootClock.IDLE_NS;
        assertThat(clock.onRead(begin, 1)).as("after somebody looked at the disk").isEqualTo(Phase.BEGINS);
        for (int i = 2; i <= BootClock.MAX_BOOT_READS; i++) {
            assertThat(clock.onRead(begin + i * SLOW_NS, i)).isEqualTo(Phase.GOES_ON);
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
