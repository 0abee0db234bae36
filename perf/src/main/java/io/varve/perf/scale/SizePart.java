package io.varve.perf.scale;

import io.varve.perf.macro.Workbench;
import io.varve.perf.scale.ServedStore.Scattered;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The same few MiB of data, and as many pages that a client writes, all over larger and larger disks; each with a
 * daemon of its own.
 *
 * <p>Owned by the main thread.
 */
final class SizePart extends Part {
    private static final long[] GIB = {1, 16, 128, 1024, 16 * 1024};
    /** Less than the largest has: files of ext4, the overlay's among them, end a page before 16 TiB. */
    private static final long LESS = 1L << 30;
    private static final int PIECES = 64;
    private static final int REOPENINGS = 5;
    private static final byte[] WRITTEN = new byte[4096];

    SizePart(Workbench bench, PrintStream out) {
        super(bench, out);
    }

    @Override
    List<Sweep> run() throws IOException, InterruptedException {
        Sweep sweep = new Sweep("size", "GiB");
        try (ServedStore store = new ServedStore(bench, "size")) {
            for (long gib : GIB) {
                long size = (gib << 30) - (gib == GIB[GIB.length - 1] ? LESS : 0);
                Scattered data = new Scattered(size, PIECES);
                store.publish("image" + gib, data.size(), List.of(store.layer(data, gib)));
                measure(sweep, store, gib, data);
            }
        }
        return List.of(sweep);
    }

    private void measure(Sweep sweep, ServedStore store, long gib, Scattered data)
            throws IOException, InterruptedException {
        Probe probe = store.start();
        String export = "image" + gib + "@pc";
        double[] tookMs = openings(store, export, data);
        try (Crowd crowd = new Crowd(store.socket(), i -> export, data::page)) {
            crowd.growTo(1);
            crowd.read(WARM_UP_READS);
            for (int piece = 0; piece < PIECES; piece++) {
                crowd.first().write(data.pieceOffset(piece), WRITTEN);
            }
            crowd.first().flush();
            measure(sweep, gib < 1024 ? gib + " GiB" : gib / 1024 + " TiB", gib, probe, crowd,
                    Map.of(Measure.OPEN_FIRST, tookMs[REOPENINGS - 1], Measure.OPEN_P50, median(tookMs)));
        }
        store.stop();
    }

    /** In order of size: the first is the longest. */
    static double[] openings(ServedStore store, String export, Scattered data)
            throws IOException, InterruptedException {
        double[] tookMs = new double[REOPENINGS];
        for (int i = 0; i < REOPENINGS; i++) {
            try (Crowd crowd = new Crowd(store.socket(), client -> export, data::page)) {
                tookMs[i] = crowd.growTo(1)[0];
            }
        }
        Arrays.sort(tookMs);
        return tookMs;
    }
}
