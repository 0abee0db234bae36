package io.varve.perf.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FootprintTest {

    private static final String HEAP = """
            4242:
             def new generation   total 19648K, used 100K [0x00000000c0000000, 0x00000000c1550000, 0x00000000d5550000)
              eden space 17472K,   0% used [0x00000000c0000000, 0x00000000c0019000, 0x00000000c1110000)
             tenured generation   total 43712K, used 5900K [0x00000000d5550000, 0x00000000d8000000, 0x0000000100000000)
               the space 43712K,  13% used [0x00000000d5550000, 0x00000000d5b13000, 0x00000000d8000000)
             Metaspace       used 9000K, committed 9216K, reserved 1073152K
            """;

    private static final String NATIVE = """
            Total: reserved=1000KB, committed=900KB
            -                 Java Heap (reserved=1048576KB, committed=65536KB)
                                        (mmap: reserved=1048576KB, committed=65536KB)
            -                    Thread (reserved=32000KB, committed=2000KB)
            -                     Other (reserved=700KB, committed=700KB)
            """;

    private static final String SMAPS = """
            c0000000-c1550000 rw-p 00000000 00:00 0
            Rss:               20000 kB
            Anonymous:         20000 kB
            d5550000-d8000000 rw-p 00000000 00:00 0
            Rss:                8000 kB
            Anonymous:          8000 kB
            7f0000000000-7f0000100000 rw-p 00000000 00:00 0
            Rss:                1024 kB
            Anonymous:          1024 kB
            7f1000000000-7f1000100000 r--p 00000000 fe:00 1234                       /usr/lib/jvm/lib/server/libjvm.so
            Rss:                 900 kB
            Anonymous:           100 kB
            """;

    private static final Footprint FOOTPRINT = Footprint.parse(HEAP, NATIVE, SMAPS);

    @Test
    void shouldAddUpWhatIsInMemory() {
        assertThat(FOOTPRINT.residentLength()).isEqualTo(29_924 << 10);
        assertThat(FOOTPRINT.heapResidentLength()).isEqualTo(28_000 << 10);
        assertThat(FOOTPRINT.fileLength()).isEqualTo(800 << 10);
        assertThat(FOOTPRINT.heapLiveLength()).isEqualTo(6_000 << 10);
    }

    @Test
    void shouldCountAsHeldLiveObjectsAndAnonymousPagesThatAreNoHeap() {
        assertThat(FOOTPRINT.heldLength()).isEqualTo(6_000 + 1_024 + 100 << 10);
    }

    @Test
    void shouldTellDirectBuffersFromTheRestOfTheJvm() {
        assertThat(FOOTPRINT.directLength()).isEqualTo(700 << 10);
        assertThat(FOOTPRINT.jvmLength()).isEqualTo(2_000 << 10);
    }

    @Test
    void shouldRefuseAHeapThatItDoesNotKnow() {
        assertThatThrownBy(() -> Footprint.parse("garbage-first heap total 1K", NATIVE, SMAPS))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
