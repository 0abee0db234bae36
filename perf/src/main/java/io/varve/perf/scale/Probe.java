package io.varve.perf.scale;

import io.varve.perf.macro.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Looks at a JVM from outside.
 *
 * <p>Owned by the main thread.
 */
final class Probe {
    /** What the JVM must have been started with. */
    static final String JVM_OPTION = "-XX:NativeMemoryTracking=summary";

    private static final double MIB = 1 << 20;
    private static final long LIMIT_SECONDS = 60;
    private static final int IDLE_WINDOWS = 3;
    private static final long IDLE_MS = 1_000;
    private static final double NS_PER_MS = 1e6;

    private final Commands commands;
    private final long pid;

    Probe(Commands commands, long pid) {
        this.commands = commands;
        this.pid = pid;
    }

    /** What its threads have run for, in nanoseconds, as the scheduler counts it; without threads that ended. */
    long cpuNs() throws IOException {
        long ns = 0;
        try (Stream<Path> threads = Files.list(proc("task"))) {
            for (Path thread : threads.toList()) {
                ns += cpuNs(thread.resolve("schedstat"));
            }
        }
        return ns;
    }

    private static long cpuNs(Path schedstat) {
        try {
            return Long.parseLong(Files.readString(schedstat).split(" ")[0]);
        } catch (IOException gone) {
            return 0;
        }
    }

    /**
     * Watches it for three seconds, because what a load left to be compiled is compiled in the first of them.
     *
     * @return milliseconds of processor time per second, of the second that took the least
     */
    double idleCpu() throws IOException, InterruptedException {
        double least = Double.MAX_VALUE;
        for (int window = 0; window < IDLE_WINDOWS; window++) {
            long startNs = System.nanoTime();
            long before = cpuNs();
            TimeUnit.MILLISECONDS.sleep(IDLE_MS);
            long used = cpuNs() - before;
            least = Math.min(least, used / NS_PER_MS / ((System.nanoTime() - startNs) / 1e9));
        }
        return least;
    }

    /** Collects its garbage first. @param nativeMib receives the JVM's own categories */
    Map<Measure, Double> memory(Map<String, Double> nativeMib) throws IOException, InterruptedException {
        jcmd("GC.run");
        Footprint footprint = Footprint.parse(
                jcmd("GC.heap_info"), jcmd("VM.native_memory", "summary"), Files.readString(proc("smaps")));
        footprint.nativeLengths().forEach((category, length) -> nativeMib.put(category, length / MIB));
        Map<Measure, Double> values = new EnumMap<>(Measure.class);
        values.put(Measure.HELD, footprint.heldLength() / MIB);
        values.put(Measure.RESIDENT, footprint.residentLength() / MIB);
        values.put(Measure.HEAP_LIVE, footprint.heapLiveLength() / MIB);
        values.put(Measure.DIRECT, footprint.directLength() / MIB);
        values.put(Measure.JVM, footprint.jvmLength() / MIB);
        Map<String, Long> status = status();
        values.put(Measure.PAGE_TABLES, status.get("VmPTE") / 1024.0);
        values.put(Measure.THREADS, (double) status.get("Threads"));
        try (Stream<Path> descriptors = Files.list(proc("fd"))) {
            values.put(Measure.DESCRIPTORS, (double) descriptors.count());
        }
        return values;
    }

    private Map<String, Long> status() throws IOException {
        Map<String, Long> status = new HashMap<>();
        for (String line : Files.readAllLines(proc("status"))) {
            String[] words = line.split(":\\s+| ");
            if (words.length > 1 && words[1].matches("\\d{1,18}")) {
                status.put(words[0], Long.parseLong(words[1]));
            }
        }
        return status;
    }

    private String jcmd(String... words) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        return commands.run(
                Stream.concat(Stream.of(jcmd, Long.toString(pid)), Stream.of(words)).toList(), LIMIT_SECONDS);
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }
}
