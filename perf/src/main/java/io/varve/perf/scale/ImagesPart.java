package io.varve.perf.scale;

import io.varve.daemon.layer.LayerId;
import io.varve.perf.macro.Workbench;
import io.varve.perf.scale.ServedStore.Scattered;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * More and more images, each with a client of its own: under many names the same layers; a layer of their own on a
 * base that all share; layers that nobody shares.
 *
 * <p>Owned by the main thread.
 */
final class ImagesPart extends Part {
    private static final int[] COUNTS = {1, 10, 100, 1000};
    private static final long SIZE = 4L << 30;
    /** 256 MiB. */
    private static final Scattered BASE = new Scattered(SIZE, 4096);
    /** 256 KiB. */
    private static final Scattered OWN = new Scattered(SIZE, 4);

    ImagesPart(Workbench bench, PrintStream out) {
        super(bench, out);
    }

    @Override
    List<Sweep> run() throws IOException, InterruptedException {
        List<Sweep> sweeps = new ArrayList<>();
        try (ServedStore store = new ServedStore(bench, "images")) {
            say("making " + COUNTS[COUNTS.length - 1] + " layers");
            LayerId base = store.layer(BASE, 1);
            List<LayerId> own = new ArrayList<>();
            for (int i = 0; i < COUNTS[COUNTS.length - 1]; i++) {
                own.add(store.layer(OWN, 2 + i));
            }
            sweeps.add(sweep(store, "same", "images of the same layers", BASE, id -> List.of(base), own));
            sweeps.add(sweep(store, "base", "images, each a layer on the same base", BASE, id -> List.of(base, id),
                    own));
            sweeps.add(sweep(store, "own", "images that share nothing", OWN, List::of, own));
        }
        return sweeps;
    }

    private Sweep sweep(ServedStore store, String prefix, String title, Scattered data,
            Function<LayerId, List<LayerId>> chain, List<LayerId> own) throws IOException, InterruptedException {
        for (int i = 0; i < own.size(); i++) {
            store.publish(prefix + i, SIZE, chain.apply(own.get(i)));
        }
        Sweep sweep = new Sweep(title, "images");
        Probe probe = store.start();
        try (Crowd crowd = new Crowd(store.socket(), i -> prefix + i + "@pc", data::page)) {
            for (int count : COUNTS) {
                double[] tookMs = crowd.growTo(count);
                if (count == COUNTS[0]) {
                    crowd.read(WARM_UP_READS);
                }
                measure(sweep, Integer.toString(count), count, probe, crowd,
                        Map.of(Measure.OPEN_P50, median(tookMs)));
            }
        }
        store.stop();
        return sweep;
    }
}
