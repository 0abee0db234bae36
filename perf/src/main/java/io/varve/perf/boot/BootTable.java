package io.varve.perf.boot;

import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Spread;
import java.io.PrintStream;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * A line for each group of clients that booted together.
 *
 * <p>Owned by the main thread.
 */
final class BootTable {

    private final PrintStream out;
    private final BootTrace trace;

    BootTable(PrintStream out, BootTrace trace) {
        this.out = out;
        this.trace = trace;
    }

    void head() {
        out.printf("%7s  %-16s  %9s %9s  %9s %9s  %8s %7s  %8s %6s%n", "clients", "image", "boot s", "slowest",
                "waited s", "longest", "requests", "/ read", "MB", "/ page");
    }

    /** @throws PerfException if a client got wrong bytes */
    void row(int clientCount, String image, List<Played> played, SlowOrigin.Traffic traffic) throws PerfException {
        long wrong = played.stream().mapToLong(Played::wrong).sum();
        if (wrong > 0) {
            throw new PerfException(wrong + " reads gave other bytes than the image has");
        }
        Spread elapsed = spread(played, Played::elapsedNs);
        Spread waited = spread(played, Played::waitedNs);
        Spread longest = spread(played, Played::longestNs);
        out.printf("%7d  %-16s  %9.2f %9.2f  %9.3f %9.3f  %8d %7.3f  %8.1f %6.2f%n", clientCount, image,
                elapsed.median(), elapsed.highest(), waited.median(), longest.highest(), traffic.requests(),
                (double) traffic.requests() / trace.reads().size(), traffic.bytes() / 1e6,
                (double) traffic.bytes() / ((long) trace.pages().size() * BootTrace.PAGE_SIZE));
    }

    private static Spread spread(List<Played> played, ToLongFunction<Played> value) {
        return Spread.of(played.stream().mapToDouble(client -> value.applyAsLong(client) / 1e9).toArray());
    }
}
