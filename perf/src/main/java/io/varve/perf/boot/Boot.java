package io.varve.perf.boot;

import io.varve.perf.macro.Machine;
import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command {@code perf/bin/boot}: clients boot from an image here, and from one behind a slow server, the first time
 * and with what the first boot taught. It exits 0 when everything ran, whatever it measured.
 *
 * <p>Owned by the main thread.
 */
@Command(name = "boot", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Replays a recorded boot with its think times: from a warm image on this machine, from one behind a "
        + "slow server, and from that with a learned profile.")
public final class Boot implements Callable<Integer> {

    private static final String TRACE = "debian12-systemd-boot.tsv";
    private static final long SEED = 0xb007;

    @Option(names = "--clients", split = ",", defaultValue = "1,10,50,200",
        description = "Clients that boot together; default ${DEFAULT-VALUE}.")
    private List<Integer> clientCounts;
    @Option(names = "--delay-ms", defaultValue = "10", description = "Of the server; default ${DEFAULT-VALUE}.")
    private int delayMs;
    @Option(names = "--rate", defaultValue = "1000000000",
        description = "Bits per second of the server, 0: no limit; default ${DEFAULT-VALUE}.")
    private long bitsPerSecond;
    @Option(names = "--trace", description = "Block operations of a boot; default: one of Debian 12.")
    private Path traceFile;
    @Option(names = "--think-ms", defaultValue = "60000",
        description = "Longer pauses of the client are cut to this; default ${DEFAULT-VALUE}.")
    private long maxThinkMs;
    @Option(names = "--dir", defaultValue = "/var/tmp",
        description = "Where the temporary directory is made; default ${DEFAULT-VALUE}.")
    private Path parent;
    @Option(names = "--verbose", description = "Print the commands that are run.")
    private boolean verbose;

    private final Path home;
    private final PrintStream out;

    private Boot(Path home, PrintStream out) {
        this.home = home;
        this.out = out;
    }

    /** @param arguments the root of the source tree, then the options */
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Boot(Path.of(arguments[0]), System.out));
        line.setExecutionExceptionHandler((failure, command, result) -> {
            if (failure instanceof PerfException) {
                command.getErr().println("boot: " + failure.getMessage());
                return 1;
            }
            throw failure;
        });
        System.exit(line.execute(List.of(arguments).subList(1, arguments.length).toArray(String[]::new)));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Tool.require(List.of(Tool.NBDKIT));
        out.println(Machine.describe());
        BootTrace trace = trace();
        try (Workbench bench = new Workbench(home, parent, trace.diskSize(), out, verbose)) {
            run(bench, trace);
            return 0;
        }
    }

    private void run(Workbench bench, BootTrace trace) throws IOException, InterruptedException {
        BootImage image = new BootImage(SEED);
        Path file = bench.path("disk.raw");
        image.write(file, trace);
        out.printf("%d reads of %d pages, %.1f s of thinking; origin: %d ms, %d Mbit/s%n%n", trace.reads().size(),
                trace.pages().size(), trace.thinkNs() / 1e9, delayMs, bitsPerSecond / 1_000_000);
        BootTable table = new BootTable(out, trace);
        Path profile = bench.path("profile");
        int siteCount = 0;
        try (Site local = new Site(bench, "local");
                SlowOrigin origin = new SlowOrigin(bench, file, delayMs, bitsPerSecond)) {
            local.importFile(file);
            local.start();
            local.boot(trace, image, 1);
            table.head();
            for (int clients : clientCounts) {
                table.row(clients, "here, warm", local.boot(trace, image, clients), new SlowOrigin.Traffic(0, 0));
                try (Site first = new Site(bench, "site" + siteCount++)) {
                    first.importLazily(origin.uri());
                    boot(first, "slow, first time", origin, clients, trace, image, table);
                    if (!Files.exists(profile)) {
                        first.exportProfile(profile);
                    }
                    first.stop();
                }
                try (Site learned = new Site(bench, "site" + siteCount++)) {
                    learned.importLazily(origin.uri());
                    learned.importProfile(profile);
                    boot(learned, "slow, learned", origin, clients, trace, image, table);
                }
            }
        }
    }

    private void boot(Site site, String name, SlowOrigin origin, int clients, BootTrace trace, BootImage image,
            BootTable table) throws IOException, InterruptedException {
        SlowOrigin.Traffic before = origin.traffic();
        site.start();
        List<Played> played = site.boot(trace, image, clients);
        table.row(clients, name, played, origin.traffic().since(before));
    }

    private BootTrace trace() throws IOException {
        long maxThinkNs = TimeUnit.MILLISECONDS.toNanos(maxThinkMs);
        if (traceFile != null) {
            return BootTrace.read(traceFile, maxThinkNs);
        }
        try (InputStream resource = Boot.class.getResourceAsStream(TRACE)) {
            return BootTrace.parse(TRACE, new String(resource.readAllBytes(), StandardCharsets.US_ASCII), maxThinkNs);
        }
    }
}
