package io.varve.perf.macro;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * How long a client waits for its disk after the daemon was killed: an overlay with pages all over the disk and a
 * journal that is nearly full is opened by a new daemon, from the connection to the first byte read. Beside it the same
 * overlay after an orderly end.
 *
 * <p>Owned by the main thread.
 */
final class RecoveryProbe {
    static final long DISK_SIZE = 1L << 40;

    private static final int PAGE_SIZE = 4096;
    /** Of one flush, as payload in the journal. */
    private static final int PAGES_PER_FLUSH = 60;
    /** A half of the journal takes 66 of these. */
    private static final int FLUSH_COUNT = 62;
    private static final int MAX_IN_FLIGHT = 64;
    private static final long SEED = 41;
    private static final String BYSTANDER = "bench@bystander";
    private static final String VICTIM = "bench@victim";

    private final Workbench bench;
    private final PrintStream out;

    RecoveryProbe(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
    }

    /** @return whether every recovery took less than {@link Targets#RECOVERY_MS} */
    boolean run(int roundCount, Path report) throws IOException, InterruptedException {
        try (RandomAccessFile raw = new RandomAccessFile(bench.rawFile().toFile(), "rw")) {
            raw.setLength(DISK_SIZE);
        }
        Map<String, Object> results = new LinkedHashMap<>();
        boolean reached = true;
        try (Varve varve = new Varve(bench, "")) {
            varve.prepare();
            varve.start();
            for (int touched : new int[] {16, 1024, 16384}) {
                Spread killed = reopened(varve, touched, roundCount, true);
                Spread ended = reopened(varve, touched, roundCount, false);
                boolean fast = killed.highest() < Targets.RECOVERY_MS;
                out.printf("1 TiB, %5d places touched, full journal: killed %s ms, ended in order %s ms, target %d ms"
                        + "  %s%n", touched, TextReport.text(killed), TextReport.text(ended), Targets.RECOVERY_MS,
                        TextReport.verdict(fast));
                results.put("killedMs" + touched, JsonReport.spread(killed));
                results.put("endedMs" + touched, JsonReport.spread(ended));
                reached &= fast;
            }
        }
        new JsonReport(Map.of("rounds", roundCount, "diskBytes", DISK_SIZE)).with("recovery", results).write(report);
        return reached;
    }

    private Spread reopened(Varve varve, int touched, int roundCount, boolean kill)
            throws IOException, InterruptedException {
        double[] times = new double[roundCount];
        for (int round = 0; round < roundCount; round++) {
            NbdClient client = connect(varve, VICTIM);
            write(client, touched, SEED + round);
            if (kill) {
                varve.kill();
                client.close();
            } else {
                client.disconnect();
                client.close();
                varve.close();
            }
            varve.start();
            // The first client of a daemon pays for the loading of code.
            connect(varve, BYSTANDER).disconnect();
            long startNs = System.nanoTime();
            try (NbdClient again = connect(varve, VICTIM)) {
                again.read(0, PAGE_SIZE);
                times[round] = (System.nanoTime() - startNs) / 1e6;
                again.disconnect();
            }
        }
        return Spread.of(times);
    }

    /** One page at each of so many places, flushed; then flushes of few pages until the journal is nearly full. */
    private static void write(NbdClient client, int touched, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        long stride = DISK_SIZE / touched;
        long[] places = new long[touched];
        for (int i = 0; i < touched; i++) {
            places[i] = i * stride + random.nextInt(1024) * (long) PAGE_SIZE;
        }
        write(client, places);
        client.flush();
        for (int flush = 0; flush < FLUSH_COUNT; flush++) {
            long[] few = new long[PAGES_PER_FLUSH];
            for (int i = 0; i < few.length; i++) {
                few[i] = random.nextInt(touched) * stride + random.nextInt(1024) * (long) PAGE_SIZE;
            }
            write(client, few);
            client.flush();
        }
    }

    private static void write(NbdClient client, long[] offsets) throws IOException {
        byte[] page = new byte[PAGE_SIZE];
        List<Long> inFlight = new ArrayList<>();
        for (long offset : offsets) {
            page[0]++;
            inFlight.add(client.submitWrite(offset, page, 0));
            if (inFlight.size() == MAX_IN_FLIGHT) {
                await(client, inFlight);
            }
        }
        await(client, inFlight);
    }

    private static void await(NbdClient client, List<Long> cookies) throws IOException {
        for (long cookie : cookies) {
            client.await(cookie).orThrow();
        }
        cookies.clear();
    }

    private static NbdClient connect(Varve varve, String export) throws IOException {
        return NbdClient.connect(
                SocketChannel.open(UnixDomainSocketAddress.of(varve.socket())), ClientOptions.structured(export));
    }
}
