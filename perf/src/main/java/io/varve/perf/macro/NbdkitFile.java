package io.varve.perf.macro;

import java.util.List;

/**
 * {@code nbdkit file} on the raw file, with its own defaults.
 *
 * <p>Owned by the main thread.
 */
final class NbdkitFile extends ProcessServer {
    static final String NAME = "nbdkit file";

    NbdkitFile(Workbench bench) {
        super(bench, NAME);
    }

    @Override
    List<Tool> tools() {
        return List.of(Tool.NBDKIT);
    }

    @Override
    List<String> command() {
        return List.of("nbdkit", "--foreground", "--unix", socket().toString(), "file", bench.rawFile().toString());
    }
}
