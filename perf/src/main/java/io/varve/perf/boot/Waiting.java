package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for a process to be ready. */
final class Waiting {

    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long POLL_MS = 5;

    private Waiting() {}

    /** @throws io.varve.perf.macro.PerfException if the process ends first, or it takes too long */
    static void until(Callable<Boolean> ready, Commands.Started process, String otherwise)
            throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT_NS;
        while (!holds(ready)) {
            if (process.process().waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                throw process.failure("ended with exit " + process.process().exitValue());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw process.failure(otherwise);
            }
        }
    }

    private static boolean holds(Callable<Boolean> condition) throws IOException {
        try {
            return condition.call();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
