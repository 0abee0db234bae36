package io.varve.perf.macro;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Measures what a load alone does not show, with servers of its own: those of the rounds have ended.
 *
 * <p>Owned by the main thread.
 */
interface Probe {

    /** As a workload's name: what {@code --workload} is compared with. */
    String name();

    /** @param plan of whose servers those that cannot do it are left out */
    List<Finding> run(Plan plan) throws IOException, InterruptedException;

    /** In the order of their findings. */
    static List<Probe> all(Workbench bench, PrintStream out) {
        return List.of(new StartProbe(bench), new IdleProbe(bench), new NeighbourProbe(bench, out));
    }
}
