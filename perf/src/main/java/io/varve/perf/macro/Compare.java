package io.varve.perf.macro;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code perf/bin/compare}. It exits 0 when everything ran, whatever it measured; with {@code --check}, 1
 * when a ratio was missed.
 *
 * <p>Owned by the main thread.
 */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Runs Varve, nbdkit, qemu-nbd, nbd-server and an idle server side by side; prints medians and "
        + "ratios.")
public final class Compare implements Callable<Integer> {
    private static final int QUICK_ROUNDS = 1;
    private static final int QUICK_SECONDS = 1;
    private static final int QUICK_WARM_UP_SECONDS = 4;
    private static final int QUICK_SIZE_MIB = 256;

    @Option(names = "--rounds", defaultValue = "3", description = "Counted rounds; default ${DEFAULT-VALUE}.")
    private int rounds;
    @Option(names = "--seconds", defaultValue = "2", description = "Seconds per counted run; default ${DEFAULT-VALUE}.")
    private int seconds;
    @Option(names = "--warm-up", defaultValue = "4",
        description = "Uncounted seconds of each workload for Varve, which compiles as it runs; "
            + "default ${DEFAULT-VALUE}.")
    private int warmUpSeconds;
    @Option(names = "--quick",
        description = "Only what the bars need; and unless these are given: one round of 1 second, a disk of 256 MiB. "
            + "A look, not a measurement.")
    private boolean quick;
    @Option(names = "--servers", split = ",",
        description = "Some of varve, nbdkit-file, nbdkit-memory, qemu-nbd-raw, qemu-nbd-qcow2, nbd-server, "
            + "limit; default all.")
    private List<String> servers;
    @Option(names = "--workload", description = "Only what contains this in its name.", defaultValue = "")
    private String workloadPart;
    @Option(names = "--size-mib", defaultValue = "1024", description = "Size of the disk; default ${DEFAULT-VALUE}.")
    private long sizeMib;
    @Option(names = "--dir", defaultValue = "/var/tmp",
        description = "Where the temporary directory is made: the file system to measure; default ${DEFAULT-VALUE}.")
    private Path directory;
    @Option(names = "--import", description = "Compare the import of a raw file with qemu-img convert instead.")
    private boolean importRace;
    @Option(names = "--allocation", description = "Count the bytes that Varve allocates per request instead.")
    private boolean allocation;
    @Option(names = "--recovery", description = "Time the reopening of overlays after a kill instead.")
    private boolean recovery;
    @Option(names = "--snapshot", description = "Time snapshots of a client with 10 GiB and with 10 MiB instead.")
    private boolean snapshot;
    @Option(names = "--check", description = "Exit 1 if a target is missed.")
    private boolean check;
    @Option(names = "--verbose", description = "Print the commands that are run.")
    private boolean verbose;

    @Spec
    private CommandSpec spec;

    private final Path home;
    private final PrintStream out;

    private Compare(Path home, PrintStream out) {
        this.home = home;
        this.out = out;
    }

    /** @param arguments the root of the source tree, then the options */
    public static void main(String[] arguments) {
        PerfCommand.run(new Compare(Path.of(arguments[0]), System.out), arguments);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (quick) {
            rounds = isGiven("--rounds") ? rounds : QUICK_ROUNDS;
            seconds = isGiven("--seconds") ? seconds : QUICK_SECONDS;
            warmUpSeconds = isGiven("--warm-up") ? warmUpSeconds : QUICK_WARM_UP_SECONDS;
            sizeMib = isGiven("--size-mib") ? sizeMib : QUICK_SIZE_MIB;
        }
        out.println(Machine.describe());
        try (Workbench bench = new Workbench(home, directory, sizeMib << 20, out, verbose)) {
            boolean reached;
            if (importRace) {
                Tool.require(ImportRace.tools());
                bench.makeRawFile();
                reached = new ImportRace(bench, out).run(rounds, report("import.json"));
            } else if (allocation) {
                Tool.require(AllocationProbe.tools());
                bench.makeRawFile();
                reached = new AllocationProbe(bench, out).run(report("allocation.json"));
            } else if (recovery) {
                reached = new RecoveryProbe(bench, out).run(rounds, report("recovery.json"));
            } else if (snapshot) {
                new SnapshotProbe(bench, out).run(rounds, report("snapshot.json"));
                reached = true;
            } else {
                reached = sideBySide(bench);
            }
            return check && !reached ? 1 : 0;
        }
    }

    private boolean isGiven(String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }

    private boolean sideBySide(Workbench bench) throws IOException, InterruptedException {
        List<Workload> workloads = (quick ? Workloads.QUICK : Workloads.ALL).stream()
                .filter(workload -> workload.name().contains(workloadPart))
                .toList();
        List<Contender> contenders = contenders();
        Plan plan = new Plan(workloads, contenders, rounds, seconds, warmUpSeconds,
                quick ? Plan.Scope.BARS : Plan.Scope.FULL);
        Tool.require(tools(contenders));
        bench.makeRawFile();
        Measurements measurements = new Measurements();
        List<Finding> findings = new ArrayList<>();
        try (Rounds run = new Rounds(bench, plan, out)) {
            run.measure(measurements);
        }
        for (Probe probe : Probe.all(bench, out)) {
            if (probe.name().contains(workloadPart)) {
                out.println("measuring: " + probe.name());
                findings.addAll(probe.run(plan));
            }
        }
        List<String> names = contenders.stream().map(contender -> contender.title).toList();
        new TextReport(measurements, findings, workloads, names, out).print();
        Path file = report("compare.json");
        new JsonReport(settings()).with(measurements, workloads, names).with(findings).write(file);
        Path page = report("compare.html");
        new HtmlReport(measurements, findings, workloads, names, about()).write(page);
        out.println();
        out.println("written: " + file + ", " + page);
        return Targets.ALL.stream()
                .filter(target -> target.measured(measurements))
                .allMatch(target -> target.reached(measurements))
                && findings.stream().allMatch(Finding::isReached);
    }

    private List<Contender> contenders() throws PerfException {
        List<Contender> contenders = new ArrayList<>();
        if (servers == null) {
            contenders.addAll(List.of(Contender.values()));
        } else {
            for (String server : servers) {
                contenders.add(Contender.named(server));
            }
        }
        return contenders;
    }

    private static List<Tool> tools(List<Contender> contenders) {
        List<Tool> tools = new ArrayList<>(List.of(Tool.FIO, Tool.VMTOUCH));
        contenders.forEach(contender -> tools.addAll(contender.tools));
        if (contenders.contains(Contender.VARVE)) {
            // The chains of layers are made with them.
            tools.addAll(Contender.QEMU_QCOW2.tools);
        }
        return tools;
    }

    private Path report(String name) {
        return home.resolve("perf/target").resolve(name);
    }

    private Map<String, Object> about() throws IOException {
        Map<String, Object> about = Machine.describe();
        about.put("command", settings().get("command"));
        about.put("rounds", rounds + " of " + seconds + " s, disk of " + sizeMib + " MiB");
        return about;
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        List<String> command = new ArrayList<>(List.of("perf/bin/compare"));
        command.addAll(spec.commandLine().getParseResult().originalArgs());
        settings.put("command", String.join(" ", command));
        settings.put("rounds", rounds);
        settings.put("seconds", seconds);
        settings.put("warmUpSeconds", warmUpSeconds);
        settings.put("sizeMib", sizeMib);
        return settings;
    }
}
