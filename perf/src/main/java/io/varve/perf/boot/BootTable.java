package io.varve.perf.boot;

import java.io.PrintStream;
import java.util.Locale;

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
        out.println("boot, waited: seconds of the median client; longest: milliseconds of the longest read of all;");
        out.println("/ read: requests to the origin for each read of one client; / page: bytes from it for each that "
                + "one client uses;");
        out.println("server: processor seconds of Varve; idle: processor time of the machine that nobody wanted");
        out.println();
        out.printf("%7s  %-6s %-13s  %8s %8s  %8s %8s  %8s %7s  %8s %6s  %7s %5s%n", "clients", "origin", "image",
                "boot", "slowest", "waited", "longest", "requests", "/ read", "MB", "/ page", "server", "idle");
    }

    void row(Row row) {
        SlowOrigin.Traffic traffic = row.traffic();
        out.printf(Locale.ROOT,
                "%7d  %-6s %-13s  %8.2f %8.2f  %8.3f %8.1f  %8d %7.3f  %8.1f %6.3f  %7.1f %4.0f%%%s%n",
                row.clients(), row.origin(), row.kind().title, row.elapsed().median(), row.elapsed().highest(),
                row.waited().median(), row.longest().highest() * 1e3, traffic.requests(),
                requestsPerRead(traffic), traffic.bytes() / 1e6, bytesPerByteUsed(traffic),
                row.outcome().serverSeconds(), row.outcome().idleShare() * 100, row.cpuBound() ? "  CPU-bound" : "");
    }

    double requestsPerRead(SlowOrigin.Traffic traffic) {
        return (double) traffic.requests() / trace.reads().size();
    }

    double bytesPerByteUsed(SlowOrigin.Traffic traffic) {
        return (double) traffic.bytes() / ((long) trace.pages().size() * BootTrace.PAGE_SIZE);
    }
}
