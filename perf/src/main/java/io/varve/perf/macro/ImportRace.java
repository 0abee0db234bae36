package io.varve.perf.macro;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code varve import} of a raw file against {@code qemu-img convert -O raw} of the same file, interleaved. By default
 * qemu-img leaves its output in the page cache (cache mode unsafe), while an import ends when its layer is on
 * disk; a third line therefore shows qemu-img with a flush at its end.
 *
 * <p>Owned by the main thread.
 */
final class ImportRace {
    private static final long LIMIT_SECONDS = 600;
    private static final long POLL_MS = 10;
    private static final int COPY_LENGTH = 1 << 20;

    private final Workbench bench;
    private final PrintStream out;
    private final Path output;
    private final Path gcLog;

    ImportRace(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
        this.output = bench.path("output");
        this.gcLog = bench.path("gc.log");
    }

    static List<Tool> tools() {
        return List.of(Tool.QEMU_IMG);
    }

    /** One run of one contender. @param peakHeapBytes 0 for one that is no JVM */
    private record Result(double seconds, long peakResidentBytes, long peakHeapBytes) {
    }

    /** @return whether the targets were reached */
    boolean run(int roundCount, Path report) throws IOException, InterruptedException {
        Map<String, List<String>> contenders = contenders();
        List<String> names = new ArrayList<>(contenders.keySet());
        Map<String, List<Result>> results = new LinkedHashMap<>();
        names.forEach(name -> results.put(name, new ArrayList<>()));
        for (int round = -1; round < roundCount; round++) {
            out.println(round < 0 ? "warming up" : "round " + (round + 1) + " of " + roundCount);
            for (int i = 0; i < names.size(); i++) {
                String name = names.get((round + 1 + i) % names.size());
                Result result = measure(contenders.get(name));
                if (round >= 0) {
                    results.get(name).add(result);
                }
            }
        }
        return report(names, results, report);
    }

    private Map<String, List<String>> contenders() {
        String raw = bench.rawFile().toString();
        Map<String, List<String>> contenders = new LinkedHashMap<>();
        contenders.put("varve import", List.of(bench.varve(), "--store", output.toString(), "import", raw, "bench"));
        contenders.put("qemu-img convert", List.of("qemu-img", "convert", "-O", "raw", raw, output.toString()));
        contenders.put("qemu-img convert, flushed",
                List.of("qemu-img", "convert", "-t", "writeback", "-O", "raw", raw, output.toString()));
        return contenders;
    }

    private Result measure(List<String> command) throws IOException, InterruptedException {
        readRawFile();
        Files.deleteIfExists(gcLog);
        long startNs = System.nanoTime();
        Commands.Started started =
                bench.commands().start(command, Map.of("VARVE_JAVA_OPTS", GcLog.option(gcLog)));
        long peakResidentBytes = 0;
        while (!started.process().waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
            peakResidentBytes = Math.max(peakResidentBytes, ProcStat.peakResidentBytes(started.process().pid()));
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        bench.commands().awaitSuccess(started, LIMIT_SECONDS);
        long peakHeapBytes =
                Files.exists(gcLog) ? new GcLog(Files.readAllLines(gcLog)).peakHeapBytes() : 0;
        bench.delete(output);
        bench.settle();
        return new Result(seconds, peakResidentBytes, peakHeapBytes);
    }

    /** Brings the source back into the page cache, in case the run before dropped it. */
    private void readRawFile() throws IOException {
        byte[] piece = new byte[COPY_LENGTH];
        try (InputStream raw = Files.newInputStream(bench.rawFile())) {
            while (raw.read(piece) >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    private boolean report(List<String> names, Map<String, List<Result>> results, Path report)
            throws IOException {
        Map<String, Object> document = new LinkedHashMap<>();
        long heapBytes = 0;
        for (String name : names) {
            List<Result> rounds = results.get(name);
            Spread mibPerSecond = Spread.of(rates(rounds));
            long peakHeap = rounds.stream().mapToLong(Result::peakHeapBytes).max().orElse(0);
            long peakResident = rounds.stream().mapToLong(Result::peakResidentBytes).max().orElse(0);
            heapBytes = Math.max(heapBytes, peakHeap);
            out.printf("%-28s MiB/s %-24s  peak RSS %4d MiB%s%n", name, TextReport.text(mibPerSecond),
                    peakResident >> 20, peakHeap == 0 ? "" : "  peak heap " + (peakHeap >> 20) + " MiB");
            document.put(name, Map.of("mibPerSecond", JsonReport.spread(mibPerSecond),
                    "peakResidentBytes", peakResident, "peakHeapBytes", peakHeap));
        }
        double[] varve = rates(results.get(names.get(0)));
        Spread ratio = Spread.ratio(varve, rates(results.get(names.get(1))));
        Spread flushedRatio = Spread.ratio(varve, rates(results.get(names.get(2))));
        boolean fast = ratio.median() >= Targets.IMPORT_SPEED;
        boolean small = heapBytes > 0 && heapBytes < Targets.IMPORT_HEAP_BYTES;
        out.printf("speed, of qemu-img convert            target %.2f  measured %s  %s%n",
                Targets.IMPORT_SPEED, TextReport.text(ratio), TextReport.verdict(fast));
        out.printf("speed, of qemu-img convert, flushed                measured %s%n", TextReport.text(flushedRatio));
        out.printf("peak heap, MiB, below                 target %d   measured %d  %s%n",
                Targets.IMPORT_HEAP_BYTES >> 20, heapBytes >> 20, TextReport.verdict(small));
        new JsonReport(Map.of("sizeMib", bench.size() >> 20, "rounds", varve.length))
                .with("import", document)
                .with("ratio", JsonReport.spread(ratio))
                .with("ratioFlushed", JsonReport.spread(flushedRatio))
                .write(report);
        return fast && small;
    }

    private double[] rates(List<Result> rounds) {
        return rounds.stream().mapToDouble(result -> (bench.size() >> 20) / result.seconds()).toArray();
    }
}
