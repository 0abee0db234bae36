package io.varve.perf.macro;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the snapshot of a connected client takes, and for how long its writes wait, with much and with little in its
 * overlay. The pages are zeros that have disk space: present in the overlay as any others, and soon made.
 *
 * <p>Owned by the main thread.
 */
final class SnapshotProbe {
    private static final long DISK_SIZE = 16L << 30;
    private static final long LITTLE = 10L << 20;
    private static final long MUCH = 10L << 30;
    private static final long PIECE_LENGTH = 1L << 30;
    private static final long LIMIT_SECONDS = 300;
    private static final Pattern HELD = Pattern.compile("waited ([0-9.]+) ms");

    private final Workbench bench;
    private final PrintStream out;
    private int imageCount;

    SnapshotProbe(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
    }

    /** @param wallMs of the whole command, whose start is most of it. @param heldMs without writes */
    private record Result(double wallMs, double heldMs) {
    }

    void run(int roundCount, Path report) throws IOException, InterruptedException {
        try (RandomAccessFile raw = new RandomAccessFile(bench.rawFile().toFile(), "rw")) {
            raw.setLength(DISK_SIZE);
        }
        Result[] little = new Result[roundCount];
        Result[] much = new Result[roundCount];
        for (int round = -1; round < roundCount; round++) {
            Result first = snapshot(LITTLE);
            Result second = snapshot(MUCH);
            if (round >= 0) {
                little[round] = first;
                much[round] = second;
            }
        }
        Map<String, Object> results = new LinkedHashMap<>();
        results.put("littleMs", print("10 MiB", little));
        results.put("muchMs", print("10 GiB", much));
        new JsonReport(Map.of("rounds", roundCount)).with("snapshot", results).write(report);
    }

    private Map<String, Object> print(String what, Result[] results) {
        double[] wall = new double[results.length];
        double[] held = new double[results.length];
        for (int i = 0; i < results.length; i++) {
            wall[i] = results[i].wallMs;
            held[i] = results[i].heldMs;
        }
        out.printf("snapshot of %s: command %s ms, writes waited %s ms%n", what,
                TextReport.text(Spread.of(wall)), TextReport.text(Spread.of(held)));
        return Map.of("command", JsonReport.spread(Spread.of(wall)), "held", JsonReport.spread(Spread.of(held)));
    }

    /** With a store and a daemon of its own each time: what the one before left to do in the background is gone. */
    private Result snapshot(long length) throws IOException, InterruptedException {
        bench.delete(bench.path("store"));
        try (Varve varve = new Varve(bench, "")) {
            varve.prepare();
            varve.start();
            try (NbdClient client = NbdClient.connect(
                    SocketChannel.open(UnixDomainSocketAddress.of(varve.socket())),
                    ClientOptions.structured(Varve.WRITER))) {
                for (long offset = 0; offset < length; offset += PIECE_LENGTH) {
                    client.writeZeroes(offset, Math.min(PIECE_LENGTH, length - offset),
                            NbdProtocol.CMD_FLAG_NO_HOLE);
                }
                client.flush();
                bench.settle();
                long startNs = System.nanoTime();
                String words = bench.commands().run(
                        varve.varve("snapshot", Varve.WRITER, "snapshot" + imageCount++), LIMIT_SECONDS);
                double wallMs = (System.nanoTime() - startNs) / 1e6;
                Matcher held = HELD.matcher(words);
                if (!held.find()) {
                    throw new PerfException("no time in: " + words);
                }
                varve.kill();
                return new Result(wallMs, Double.parseDouble(held.group(1)));
            }
        }
    }
}
