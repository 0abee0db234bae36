package io.varve.perf.macro;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts what the daemon allocates while it answers a million reads in steady state: bytes per thread as the JVM
 * counts them, and collections in the collector's log.
 *
 * <p>Owned by the main thread.
 */
final class AllocationProbe {
    private static final long REQUEST_COUNT = 1_000_000;
    private static final int WARM_UP_SECONDS = 8;
    /** Housekeeping (timers, statistics) allocates by time, not by request; a request's least object has 16 bytes. */
    private static final double NONE_BELOW_BYTES = 1.0;

    private final Workbench bench;
    private final PrintStream out;

    AllocationProbe(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
    }

    static List<Tool> tools() {
        return List.of(Tool.FIO);
    }

    /** @return whether reads, and overwrites, were answered without allocation per request */
    boolean run(Path report) throws IOException, InterruptedException {
        Path log = bench.path("gc.log");
        Fio fio = new Fio(bench);
        Map<String, Object> results = new LinkedHashMap<>();
        boolean none = true;
        try (Varve varve = new Varve(bench, GcLog.option(log))) {
            varve.prepare();
            varve.start();
            varve.fill(fio);
            fio.pass(varve.uri(Workloads.SEQUENTIAL_READ), Workloads.SEQUENTIAL_READ);
            try (ThreadAllocations allocations = new ThreadAllocations(varve.pid())) {
                for (Workload workload : List.of(Workloads.READ_QD32, Workloads.READ_QD1, Workloads.WRITE_QD32)) {
                    fio.run(varve.uri(workload), workload, WARM_UP_SECONDS);
                    double bytesPerRequest = probe(varve, workload, fio, allocations, log);
                    results.put(workload.name(), bytesPerRequest);
                    none &= bytesPerRequest < NONE_BELOW_BYTES;
                }
            }
        }
        new JsonReport(Map.of("requests", REQUEST_COUNT)).with("allocatedBytesPerRequest", results).write(report);
        return none;
    }

    private double probe(Varve varve, Workload workload, Fio fio,
                         ThreadAllocations allocations, Path log)
        throws IOException, InterruptedException {
        long collectionsBefore = collectionCount(log);
        Map<String, Long> before = allocations.snapshot();
        Sample sample = fio.requests(varve.uri(workload), workload, REQUEST_COUNT);
        Map<String, Long> after = allocations.snapshot();
        long collectionsAfter = collectionCount(log);
        out.printf("%s: %d requests, %d collections%n", workload.name(), sample.ioCount(),
                collectionsAfter - collectionsBefore);
        for (Map.Entry<String, Long> thread : after.entrySet()) {
            long bytes = thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
            if (bytes != 0) {
                out.printf("  %-32s %12d bytes%n", thread.getKey(), bytes);
            }
        }
        double perRequest = (double) ThreadAllocations.between(before, after) / sample.ioCount();
        out.printf("  per request %.3f bytes  %s%n", perRequest,
                perRequest < NONE_BELOW_BYTES ? "ok: no allocation per request" : "missed: something allocates");
        return perRequest;
    }

    private static long collectionCount(Path log) throws IOException {
        return new GcLog(Files.readAllLines(log)).collectionCount();
    }
}
