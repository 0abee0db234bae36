package io.varve.perf.macro;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Varve with one imported layer. Reads go to a client whose overlay stays empty, overwrites to a client whose overlay
 * was filled once, fresh writes to a client whose overlay is reset after each run.
 *
 * <p>Owned by the main thread.
 */
final class Varve extends ProcessServer {
    private static final String IMAGE = "bench";
    private static final long BOOT_LENGTH = 16 << 20;
    private static final String READER = "@reader";
    static final String WRITER = IMAGE + "@writer";
    private static final String FRESH = IMAGE + "@fresh";
    /** More than any chain of the run has, so that none is merged while it is measured. */
    private static final int MAX_LAYERS = 256;
    private static final long COMMAND_LIMIT_SECONDS = 600;

    private static final long CLOSE_LIMIT_NS = 120_000_000_000L;

    private final String javaOptions;
    private final List<Integer> chains;

    /** @param javaOptions further options of the daemon's JVM; may be empty */
    Varve(Workbench bench, String javaOptions) {
        this(bench, javaOptions, List.of());
    }

    /** @param chains lengths of the chains that are served beside the image of one layer */
    Varve(Workbench bench, String javaOptions, List<Integer> chains) {
        super(bench, Contender.VARVE, Place.USUAL);
        this.javaOptions = javaOptions;
        this.chains = List.copyOf(chains);
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        bench.commands().run(varve("import", bench.rawFile().toString(), IMAGE), COMMAND_LIMIT_SECONDS);
        for (int layers : chains) {
            bench.commands().run(varve("import", new QcowChain(bench).top(layers).toString(), image(layers),
                    "--format", "qcow2"), COMMAND_LIMIT_SECONDS);
        }
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
        // The first client of an image is recorded as its boot: a short one, or each run would begin with a replay of
        // whatever was measured first.
        fio.pass(uri(IMAGE + "@booter"), Workloads.SEQUENTIAL_READ, BOOT_LENGTH);
        for (int layers : chains) {
            fio.pass(uri(image(layers) + "@booter"), Workloads.SEQUENTIAL_READ, BOOT_LENGTH);
            fio.pass(uri(image(layers) + READER), Workloads.SEQUENTIAL_READ);
        }
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
        List<String> command = new ArrayList<>(List.of(bench.varve(), "--store", bench.path("store").toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
