package io.varve.perf.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NbdkitLogTest {

    @Test
    void shouldMakeATraceOfWhatWasAnswered() {
        NbdkitLog log = new NbdkitLog(List.of(
                "2026-11-22 23:59:59.999000 Ready thread_model=3",
                "2026-11-22 23:59:59.999900 connection=1 Connect export=\"\" tls=0 size=0x100000",
                "2026-11-22 23:59:59.999990 connection=1 Read id=1 offset=0x1000 count=0x200 ...",
                "2026-11-23 00:00:00.000100 connection=1 Write id=2 offset=0x0 count=0x1000 fua=1 ...",
                "2026-11-23 00:00:00.000190 connection=1 ...Read id=1 return=0",
                "2026-11-23 00:00:00.000200 connection=1 ...Write id=2 return=0",
                "2026-11-23 00:00:00.000300 connection=1 Flush id=3 ...",
                "2026-11-23 00:00:00.000450 connection=1 ...Flush id=3 return=0",
                "2026-11-23 00:00:01.000000 connection=1 Read id=4 offset=0xfe000 count=0x2000 ...",
                "2026-11-23 00:00:01.000010 connection=1 ...Read id=4 return=-1 error=EIO",
                "2026-11-23 00:00:02.000000 connection=1 Read id=5 offset=0x0 count=0x1000 ..."));

        assertThat(log.trace()).containsExactly(
                "# start_us\top\toffset\tlength\tduration_us",
                "0\tread\t4096\t512\t200",
                "110\twrite\t0\t4096\t100",
                "310\tflush\t0\t0\t150");
    }
}
