package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A server far away: nbdkit, which answers every read later than it could, at no more than a set rate, and writes down
 * what it was asked.
 *
 * <p>Owned by the main thread.
 */
final class SlowOrigin implements AutoCloseable {

    private static final int THREADS = 64;
    private static final Pattern READ = Pattern.compile(" Read id=\\d+ offset=0x[0-9a-f]+ count=0x([0-9a-f]+)");

    private final Commands commands;
    private final Path socket;
    private final Path log;
    private final Commands.Started process;

    /**
     * What was asked so far. Immutable.
     *
     * @param bytes of all reads
     */
    record Traffic(long requests, long bytes) {

        Traffic since(Traffic before) {
            return new Traffic(requests - before.requests, bytes - before.bytes);
        }
    }

    /**
     * @param delayMs       milliseconds before each reply; replies wait beside one another
     * @param bitsPerSecond of all connections together; 0: no limit
     */
    SlowOrigin(Workbench bench, Path image, int delayMs, long bitsPerSecond)
            throws IOException, InterruptedException {
        this.commands = bench.commands();
        this.socket = bench.path("origin.sock");
        this.log = bench.path("origin.log");
        List<String> words = Stream.of(
                Stream.of("nbdkit", "--foreground", "--readonly", "--unix", socket.toString(),
                        "--threads", "" + THREADS, "--filter=log", "--filter=delay"),
                bitsPerSecond == 0 ? Stream.<String>of() : Stream.of("--filter=rate"),
                Stream.of("file", image.toString(), "logfile=" + log, "rdelay=" + delayMs + "ms"),
                bitsPerSecond == 0 ? Stream.<String>of() : Stream.of("rate=" + bitsPerSecond))
                .flatMap(part -> part).toList();
        this.process = commands.start(words, Map.of());
        Waiting.until(() -> Files.exists(socket), process, "nbdkit does not listen");
    }

    String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    Traffic traffic() throws IOException {
        if (!Files.exists(log)) {
            return new Traffic(0, 0);
        }
        long requests = 0;
        long bytes = 0;
        for (String line : Files.readAllLines(log)) {
            Matcher read = READ.matcher(line);
            if (read.find()) {
                requests++;
                bytes += Long.parseLong(read.group(1), 16);
            }
        }
        return new Traffic(requests, bytes);
    }

    @Override
    public void close() throws InterruptedException {
        commands.stop(process.process());
    }
}
