package io.varve.perf.scale;

import io.varve.daemon.layer.LayerId;
import io.varve.perf.macro.Fio;
import io.varve.perf.macro.Sample;
import io.varve.perf.macro.Workbench;
import io.varve.perf.macro.Workloads;
import io.varve.perf.scale.ServedStore.Scattered;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Longer and longer chains: each layer, as a snapshot of a client is, has some pages all over the disk.
 *
 * <p>Owned by the main thread.
 */
final class LayersPart extends Part {
    private static final int[] COUNTS = {1, 4, 16, 64, 256};
    /** Bytes of the disk, all of it data. */
    static final long SIZE = 256 << 20;
    private static final Scattered DATA = new Scattered(SIZE, 4096);
    private static final int PAGES_PER_LAYER = 64;
    private static final int LOAD_SECONDS = 3;
    private static final int WARM_UP_SECONDS = 2;

    LayersPart(Workbench bench, PrintStream out) {
        super(bench, out);
    }

    @Override
    List<Sweep> run() throws IOException, InterruptedException {
        Sweep sweep = new Sweep("layers", "layers");
        try (ServedStore store = new ServedStore(bench, "layers")) {
            say("making " + COUNTS[COUNTS.length - 1] + " layers");
            makeLayers(store);
            for (int count : COUNTS) {
                measure(sweep, store, count);
            }
        }
        return List.of(sweep);
    }

    private static String image(int layers) {
        return "layers" + layers;
    }

    private static void makeLayers(ServedStore store) throws IOException {
        List<LayerId> chain = new ArrayList<>(List.of(store.layer(DATA, 1)));
        for (int count : COUNTS) {
            while (chain.size() < count) {
                chain.add(store.patch(SIZE, PAGES_PER_LAYER, chain));
            }
            store.publish(image(count), SIZE, chain);
        }
    }

    private void measure(Sweep sweep, ServedStore store, int count) throws IOException, InterruptedException {
        Probe probe = store.start();
        String export = image(count) + "@reader";
        Map<Measure, Double> known = new EnumMap<>(Measure.class);
        double[] tookMs = SizePart.openings(store, export, DATA);
        known.put(Measure.OPEN_FIRST, tookMs[tookMs.length - 1]);
        known.put(Measure.OPEN_P50, median(tookMs));
        Fio fio = new Fio(bench);
        fio.pass(store.uri(export), Workloads.SEQUENTIAL_READ);
        fio.run(store.uri(export), Workloads.READ_QD32, WARM_UP_SECONDS);
        long before = probe.cpuNs();
        Sample sample = fio.run(store.uri(export), Workloads.READ_QD32, LOAD_SECONDS);
        known.put(Measure.DEEP_CPU, (probe.cpuNs() - before) / 1e3 / sample.ioCount());
        known.put(Measure.DEEP_IOPS, sample.iops());
        known.put(Measure.DEEP_P50, sample.latency().p50Ns() / 1e3);
        try (Crowd crowd = new Crowd(store.socket(), i -> export, DATA::page)) {
            crowd.growTo(1);
            measure(sweep, Integer.toString(count), count, probe, crowd, known);
        }
        store.stop();
    }
}
