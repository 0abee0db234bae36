package io.varve.nbd.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * As many random inputs as one has time for, half of them handshakes, half transmission. An input that fails is
 * written to a file and the run goes on. {@code integration-tests/bin/fuzz} starts it.
 *
 * <p>Owned by the main thread, but for {@link #played} and {@link #beganNs}, which the watcher reads.
 */
final class LongRun {

    private static final int PROGRESS_INTERVAL_S = 30;
    /** An input that takes longer hangs; the longest that are known take a hundredth. */
    private static final int HANG_S = 120;

    private final long seed;
    private final Path findings;
    private final RandomInputs inputs;
    private TransmissionRun transmission = new TransmissionRun();
    private HandshakeRun handshake = new HandshakeRun();
    private long requestCount;
    private long optionCount;
    private long findingCount;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile long played;
    private volatile long beganNs = System.nanoTime();

    private LongRun(long seed, Path findings) {
        this.seed = seed;
        this.findings = findings;
        this.inputs = new RandomInputs(seed);
    }

    /** Arguments: how many inputs, seed, directory for inputs that fail. */
    public static void main(String[] arguments) throws IOException {
        LongRun run = new LongRun(Long.parseLong(arguments[1]), Path.of(arguments[2]));
        System.exit(run.play(Long.parseLong(arguments[0])));
    }

    private int play(long count) throws IOException {
        System.out.printf("%s fuzz: %d inputs, seed %d%n", Instant.now(), count, seed);
        Thread watcher = new Thread(this::watch, "watcher");
        watcher.setDaemon(true);
        watcher.start();
        long startNs = System.nanoTime();
        long reportNs = startNs;
        for (long index = 0; index < count; index++) {
            beganNs = System.nanoTime();
            if (beganNs - reportNs > TimeUnit.SECONDS.toNanos(PROGRESS_INTERVAL_S)) {
                reportNs = beganNs;
                report("so far", startNs);
            }
            play(index, inputs.input(index));
            played = index + 1;
        }
        finished.countDown();
        report("finished:", startNs);
        return findingCount == 0 ? 0 : 1;
    }

    private void play(long index, byte[] input) throws IOException {
        String target = (index & 1) == 0 ? "TransmissionFuzzTest" : "HandshakeFuzzTest";
        try {
            if ((index & 1) == 0) {
                transmission.play(input);
            } else {
                handshake.play(input);
            }
        } catch (RuntimeException | Error e) {
            findingCount++;
            Files.createDirectories(findings);
            Path file = findings.resolve(target + "-" + seed + "-" + index);
            Files.write(file, input);
            System.out.println("finding: input " + index + " of seed " + seed + ", written to " + file);
            e.printStackTrace(System.out);
            renew();
        }
    }

    /** What a failed input left behind says nothing about the next. */
    private void renew() {
        requestCount += transmission.requestCount();
        optionCount += handshake.optionCount();
        transmission = new TransmissionRun();
        handshake = new HandshakeRun();
    }

    private void report(String word, long startNs) {
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf(Locale.ROOT,
                "%s fuzz %s %d inputs (%d requests, %d options), %d findings, %.0f s, %.0f inputs/s%n",
                Instant.now(), word, played, requestCount + transmission.requestCount(),
                optionCount + handshake.optionCount(), findingCount, seconds, played / seconds);
    }

    /** Waits for it a little. */
    private boolean isFinished() {
        try {
            return finished.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void watch() {
        while (!isFinished()) {
            if (System.nanoTime() - beganNs > TimeUnit.SECONDS.toNanos(HANG_S)) {
                System.out.println("finding: input " + played + " of seed " + seed + " hangs");
                for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
                    System.out.println(thread.getKey());
                    for (StackTraceElement frame : thread.getValue()) {
                        System.out.println("    at " + frame);
                    }
                }
                Runtime.getRuntime().halt(2);
            }
        }
    }
}
