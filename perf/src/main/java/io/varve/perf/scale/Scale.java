package io.varve.perf.scale;

import io.varve.perf.macro.Machine;
import io.varve.perf.macro.PerfCommand;
import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command {@code perf/bin/scale}. It exits 0 when everything ran, whatever it measured; with {@code --check}, 1
 * when something grew faster than it may.
 *
 * <p>Owned by the main thread.
 */
@Command(name = "scale", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures memory and CPU of the daemon with more and more connections, images, bytes and layers.")
public final class Scale implements Callable<Integer> {
    /** A thousand images with an overlay each, and some. */
    private static final long DESCRIPTORS = 16_384;

    /** What may grow. */
    enum What {
        CONNECTIONS, IMAGES, SIZE, LAYERS;

        Part part(Workbench bench, PrintStream out) {
            return switch (this) {
                case CONNECTIONS -> new ConnectionsPart(bench, out);
                case IMAGES -> new ImagesPart(bench, out);
                case SIZE -> new SizePart(bench, out);
                case LAYERS -> new LayersPart(bench, out);
            };
        }
    }

    @Option(names = "--part", split = ",", defaultValue = "connections,images,size,layers",
        description = "Some of connections, images, size, layers; default all.")
    private List<What> parts;
    @Option(names = "--dir", defaultValue = "/var/tmp",
        description = "Where the temporary directory is made; default ${DEFAULT-VALUE}.")
    private Path directory;
    @Option(names = "--check", description = "Exit 1 if something grew faster than it may.")
    private boolean check;
    @Option(names = "--verbose", description = "Print the commands that are run.")
    private boolean verbose;

    private final Path home;
    private final PrintStream out;

    private Scale(Path home, PrintStream out) {
        this.home = home;
        this.out = out;
    }

    /** @param arguments the root of the source tree, then the options */
    public static void main(String[] arguments) {
        PerfCommand.run(new Scale(Path.of(arguments[0]), System.out), arguments);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        requireDescriptors();
        if (parts.contains(What.LAYERS)) {
            Tool.require(List.of(Tool.FIO));
        }
        out.println(Machine.describe());
        List<Sweep> sweeps = new ArrayList<>();
        try (Workbench bench = new Workbench(home, directory, LayersPart.SIZE, out, verbose)) {
            for (What what : What.values()) {
                if (parts.contains(what)) {
                    sweeps.addAll(what.part(bench, out).run());
                }
            }
        }
        List<Bar> bars = Bars.of(sweeps);
        new ScaleText(out).print(sweeps, bars);
        Path target = home.resolve("perf/target");
        new ScaleJson().write(target.resolve("scale.json"), sweeps, bars);
        new ScalePage().write(target.resolve("scale.html"), sweeps, bars);
        out.println();
        out.println("written: " + target.resolve("scale.json") + ", " + target.resolve("scale.html"));
        return check && !bars.stream().allMatch(Bar::reached) ? 1 : 0;
    }

    /** The daemon inherits the limit. */
    private static void requireDescriptors() throws IOException {
        String line = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(each -> each.startsWith("Max open files"))
                .findFirst()
                .orElse("");
        String[] words = line.split(" +");
        if (words.length > 4 && words[4].matches("\\d+") && Long.parseLong(words[4]) < DESCRIPTORS) {
            throw new PerfException("a process may have " + words[4] + " open files here, " + DESCRIPTORS
                    + " are needed: as root, run 'ulimit -Hn " + DESCRIPTORS + "' first, or set 'hard nofile' in "
                    + "/etc/security/limits.conf");
        }
    }
}
