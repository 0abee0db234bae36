package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Varve with one imported layer. Reads go to a client whose overlay stays empty, overwrites to a client whose overlay
 * was filled once, fresh writes to a client whose overlay is reset after each run.
 *
 * <p>Owned by the main thread.
 */
final class Varve extends ProcessServer {
    private static final String STORE = "store";
    private static final String IMAGE = "bench";
    private static final String NEIGHBOUR = "neighbour";
    private static final long BOOT_LENGTH = 16 << 20;
    private static final String READER = "@reader";
    static final String WRITER = IMAGE + "@writer";
    private static final String FRESH = IMAGE + "@fresh";
    /** More than any chain of the run has, so that none is merged while it is measured. */
    private static final int MAX_LAYERS = 256;
    private static final long COMMAND_LIMIT_SECONDS = 600;

    private static final long CLOSE_LIMIT_NS = 120_000_000_000L;

    private final String javaOptions;
    private final Set<String> imported = new HashSet<>();
    private ThreadAllocations allocations;

    /** @param javaOptions further options of the daemon's JVM; may be empty */
    Varve(Workbench bench, String javaOptions) {
        super(bench, Contender.VARVE, Place.USUAL);
        this.javaOptions = javaOptions;
    }

    /** The first of a run imports; later ones find its store. */
    @Override
    void prepare() throws IOException, InterruptedException {
        if (!Files.exists(bench.path(STORE))) {
            bench.commands().run(varve("import", bench.rawFile().toString(), IMAGE), COMMAND_LIMIT_SECONDS);
        }
    }

    /** Images beyond the first are imported while the daemon runs, when they are needed first. */
    private void add(String image, Path file, String format, Fio fio) throws IOException, InterruptedException {
        if (imported.add(image)) {
            bench.commands().run(varve("import", file.toString(), image, "--format", format), COMMAND_LIMIT_SECONDS);
            boot(image, fio);
        }
    }

    /**
     * The first client of an image is recorded as its boot: a short one, or each run would begin with a replay of
     * whatever was measured first.
     */
    private void boot(String image, Fio fio) throws IOException, InterruptedException {
        fio.pass(uri(image + "@booter"), Workloads.SEQUENTIAL_READ, BOOT_LENGTH);
    }

    @Override
    void before(Workload workload, Fio fio) throws IOException, InterruptedException {
        int layers = workload.place().layers();
        if (layers > 1) {
            add(image(layers), new QcowChain(bench).top(layers), "qcow2", fio);
        }
    }

    @Override
    void addNeighbour(Path file, Fio fio) throws IOException, InterruptedException {
        add(NEIGHBOUR, file, "raw", fio);
    }

    @Override
    String neighbour() {
        return NEIGHBOUR + READER;
    }

    private static String image(int layers) {
        return layers == 1 ? IMAGE : IMAGE + layers;
    }

    @Override
    List<String> command() {
        return varve("serve", "--listen", "unix://" + socket(), "--listen", "tcp://127.0.0.1:" + port(),
                "--max-layers", Integer.toString(MAX_LAYERS));
    }

    @Override
    Map<String, String> environment() {
        return javaOptions.isEmpty() ? Map.of() : Map.of("VARVE_JAVA_OPTS", javaOptions);
    }

    @Override
    void fill(Fio fio) throws IOException, InterruptedException {
        boot(IMAGE, fio);
        fio.pass(uri(WRITER), Workloads.SEQUENTIAL_WRITE);
    }

    @Override
    String export(Workload workload) {
        return switch (workload.pages()) {
            case FROM_LAYER -> image(workload.place().layers()) + READER;
            case PRESENT -> WRITER;
            case FRESH -> FRESH;
        };
    }

    /** The first call makes the daemon start threads that can be asked, which takes memory. */
    @Override
    Map<String, Long> allocations() throws IOException {
        if (allocations == null) {
            allocations = new ThreadAllocations(pid());
        }
        return allocations.snapshot();
    }

    @Override
    public void close() throws InterruptedException {
        if (allocations != null) {
            allocations.close();
            allocations = null;
        }
        super.close();
    }

    @Override
    void after(Workload workload) throws IOException, InterruptedException {
        if (workload.pages() == Workload.Pages.FRESH) {
            reset(System.nanoTime() + CLOSE_LIMIT_NS);
        }
    }

    /** The daemon closes an overlay behind the client's back: until all of it is on disk, it is in use. */
    private void reset(long deadlineNs) throws IOException, InterruptedException {
        while (true) {
            try {
                bench.commands().run(varve("reset", FRESH), COMMAND_LIMIT_SECONDS);
                return;
            } catch (PerfException e) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw e;
                }
            }
        }
    }

    /** A command line over the store of the run. */
    List<String> varve(String... arguments) {
        List<String> command = new ArrayList<>(List.of(bench.varve(), "--store", bench.path(STORE).toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
