package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ProcStatTest {
    @Test
    void shouldAddTimesOfProcessAndChildrenBehindANameWithParenthesesAndBlanks() {
        String stat = "4711 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 30 10 20 0 9 0 100 200 300";
        assertThat(ProcStat.cpuUs(stat)).isEqualTo(2_400_000);
    }

    @Test
    void shouldCountThisProcess() throws IOException {
        long before = ProcStat.cpuUs(ProcessHandle.current().pid());
        long sum = 0;
        while (ProcStat.cpuUs(ProcessHandle.current().pid()) == before) {
            sum++;
        }
        assertThat(sum).isNotNegative();
        assertThat(ProcStat.peakResidentBytes(ProcessHandle.current().pid())).isGreaterThan(1 << 20);
    }

    @Test
    void shouldCountAllTimeOfTheMachineButIdleAndWaitingOnce() {
        // The guest time at the end is part of user and nice already.
        assertThat(ProcStat.machineBusyUs("cpu  1 2 4 1000 1000 8 16 32 5000 5000\ncpu0 9\n")).isEqualTo(630_000);
    }

    @Test
    void shouldReadThePeakOfTheResidentSize() {
        String status = "VmPeak:\t 9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 7 kB\n";
        assertThat(ProcStat.peakResidentBytes(status)).isEqualTo(2 << 20);
    }

    @Test
    void shouldSayNothingOfAProcessThatIsGone() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        assertThat(ProcStat.peakResidentBytes(process.pid())).isZero();
    }
}
