package io.varve.perf.scale;

import io.varve.perf.macro.Workbench;
import io.varve.perf.scale.ServedStore.Scattered;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/**
 * More and more connections, each idle after one read, to the disks of a few clients.
 *
 * <p>Owned by the main thread.
 */
final class ConnectionsPart extends Part {
    private static final int[] COUNTS = {1, 10, 100, 500, 1000, 2000};
    /** Disks, so that all agents of a small machine have some. */
    private static final int DISKS = 4;
    private static final Scattered DATA = new Scattered(1L << 30, 1024);

    ConnectionsPart(Workbench bench, PrintStream out) {
        super(bench, out);
    }

    @Override
    List<Sweep> run() throws IOException, InterruptedException {
        Sweep sweep = new Sweep("connections", "connections");
        try (ServedStore store = new ServedStore(bench, "connections")) {
            store.publish("image", DATA.size(), List.of(store.layer(DATA, 1)));
            Probe probe = store.start();
            try (Crowd crowd = new Crowd(store.socket(), i -> "image@pc" + i % DISKS, DATA::page)) {
                for (int count : COUNTS) {
                    double[] tookMs = crowd.growTo(count);
                    if (count == COUNTS[0]) {
                        crowd.read(WARM_UP_READS);
                    }
                    measure(sweep, Integer.toString(count), count, probe, crowd,
                            Map.of(Measure.OPEN_P50, median(tookMs)));
                }
            }
        }
        return List.of(sweep);
    }
}
