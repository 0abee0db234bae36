package io.varve.perf.boot;

import io.varve.perf.macro.Machine;
import io.varve.perf.macro.PerfCommand;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command {@code perf/bin/boot}: clients boot from an image here, and from one behind slow servers, the first time
 * and with what an earlier boot taught. It exits 0 when everything ran, whatever it measured.
 *
 * <p>Owned by the main thread.
 */
@Command(name = "boot", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Replays a recorded boot with its think times: from a warm image on this machine, from one behind a "
        + "slow server, and from that with a learned profile and with a wrong one; then "
        + "says what the figures should be.")
public final class Boot implements Callable<Integer> {

    private static final String TRACE = "debian12-systemd-boot.tsv";

    /** What {@code --quick} sets. */
    private static final List<Integer> QUICK_CLIENTS = List.of(1, 10);
    private static final int QUICK_THINK_MS = 5;
    private static final int QUICK_IDLE_SECONDS = 3;

    @Option(names = "--clients", split = ",", defaultValue = "1,10,50,200",
        description = "Clients that boot together; default ${DEFAULT-VALUE}.")
    private List<Integer> clientCounts;
    @Option(names = "--origin", defaultValue = "both",
        description = "Servers that have the disk: nbd (nbdkit), http (nginx), both; default ${DEFAULT-VALUE}.")
    private Choice origin;
    @Option(names = "--quick", description = "1 and 10 clients that hardly think: a few minutes.")
    private boolean quick;
    @Option(names = "--delay-ms", defaultValue = "10", description = "Of the server; default ${DEFAULT-VALUE}.")
    private int delayMs;
    @Option(names = "--rate", defaultValue = "1000000000",
        description = "Bits per second of the server, 0: no limit; default ${DEFAULT-VALUE}.")
    private long bitsPerSecond;
    @Option(names = "--trace", description = "Block operations of a boot; default: one of Debian 12.")
    private Path traceFile;
    @Option(names = "--record-guest", description = "Boot a real system first, and replay its boot beside that of "
        + "--trace; the trace is kept in perf/target.")
    private boolean recordGuest;
    @Option(names = "--think-ms", defaultValue = "60000",
        description = "Longer pauses of the client are cut to this; default ${DEFAULT-VALUE}.")
    private long maxThinkMs;
    @Option(names = "--idle-seconds", defaultValue = "10",
        description = "How long a client reads behind its boot; default ${DEFAULT-VALUE}.")
    private int idleSeconds;
    @Option(names = "--dir", defaultValue = "/var/tmp",
        description = "Where the temporary directory is made; default ${DEFAULT-VALUE}.")
    private Path parent;
    @Option(names = "--verbose", description = "Print the commands that are run.")
    private boolean verbose;

    private final Path home;
    private final PrintStream out;
    private final Progress progress = new Progress(System.err);

    private Boot(Path home, PrintStream out) {
        this.home = home;
        this.out = out;
    }

    /** @param arguments the root of the source tree, then the options */
    public static void main(String[] arguments) {
        PerfCommand.run(new Boot(Path.of(arguments[0]), System.out), arguments);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (quick) {
            clientCounts = QUICK_CLIENTS;
            maxThinkMs = QUICK_THINK_MS;
            idleSeconds = QUICK_IDLE_SECONDS;
        }
        List<Tool> tools = new ArrayList<>(origin.tools());
        tools.addAll(recordGuest ? GuestRecording.TOOLS : List.of());
        Tool.require(tools);
        out.println(Machine.describe());
        BootTrace trace = trace();
        try (Workbench bench = new Workbench(home, parent, trace.diskSize(), out, verbose)) {
            BootTrace recorded = recordGuest ? recorded(bench) : null;
            run(bench, "disk", trace);
            if (recordGuest) {
                out.println();
                run(bench, "rec", recorded);
            }
            return 0;
        }
    }

    private BootTrace recorded(Workbench bench) throws IOException, InterruptedException {
        Path file = home.resolve("perf/target/guest-boot.tsv");
        new GuestRecording(bench, home, progress).record(file);
        out.println("recorded: " + file);
        return BootTrace.read(file, maxThinkNs());
    }

    private long maxThinkNs() {
        return TimeUnit.MILLISECONDS.toNanos(maxThinkMs);
    }

    private void run(Workbench bench, String name, BootTrace trace) throws IOException, InterruptedException {
        SlowOrigin.Link link = new SlowOrigin.Link(delayMs, bitsPerSecond);
        out.printf("%d reads of %d pages, %.1f s of thinking; origin: %s%n", trace.reads().size(),
                trace.pages().size(), trace.thinkNs() / 1e9, link);
        BootTable table = new BootTable(out, trace);
        Bars bars = new Bars(out, table);
        Course course = new Course(bench, name, trace, idleSeconds, table, bars, progress);
        Path file = course.makeImage();
        try (SlowOrigin nbd = origin.nbd() ? new NbdkitOrigin(bench, name + "-nbd", file, link) : null;
                SlowOrigin http = origin.http() ? new NginxOrigin(bench, name + "-http", file, link) : null) {
            course.run(clientCounts, Stream.of(nbd, http).filter(Objects::nonNull).toList());
        }
        bars.print(Runtime.getRuntime().availableProcessors());
    }

    /** Of origins. */
    enum Choice {
        nbd, http, both;

        private boolean nbd() {
            return this != http;
        }

        private boolean http() {
            return this != nbd;
        }

        private List<Tool> tools() {
            return Stream.concat(nbd() ? NbdkitOrigin.TOOLS.stream() : Stream.of(),
                    http() ? NginxOrigin.TOOLS.stream() : Stream.of()).toList();
        }
    }

    private BootTrace trace() throws IOException {
        if (traceFile != null) {
            return BootTrace.read(traceFile, maxThinkNs());
        }
        try (InputStream resource = Boot.class.getResourceAsStream(TRACE)) {
            return BootTrace.parse(TRACE, new String(resource.readAllBytes(), StandardCharsets.US_ASCII), maxThinkNs());
        }
    }
}
