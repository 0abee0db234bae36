package io.varve.daemon;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeadStartTest {

    @Test
    void shouldHaveNothingUnderWayOnceItWasAwaited() {
        HeadStart start = HeadStart.of(new String[] {"--store", "s", "serve"});

        start.await();

        assertNotSame(HeadStart.NONE, start);
        List<String> threads = Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
        assertFalse(threads.contains("varve-head-start"), () -> "it still runs: " + threads);
    }

    @Test
    void shouldLeaveShortCommandsAlone() {
        assertSame(HeadStart.NONE, HeadStart.of(new String[] {"images"}));
    }
}
