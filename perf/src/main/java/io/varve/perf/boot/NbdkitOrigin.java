package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Waiting;
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
 * nbdkit with its filters for delay, rate and log. Its answers wait beside one another; the rate is that of all
 * connections together.
 *
 * <p>Owned by the main thread.
 */
final class NbdkitOrigin implements SlowOrigin {

    static final List<Tool> TOOLS = List.of(Tool.NBDKIT);
    private static final int THREADS = 64;
    private static final Pattern READ = Pattern.compile(" Read id=\\d+ offset=0x[0-9a-f]+ count=0x([0-9a-f]+)");
    private static final Pattern CONNECT = Pattern.compile(" Connect ");

    private final Commands commands;
    private final Path socket;
    private final Path log;
    private final Commands.Started process;

    /** @param name of the files on the bench, short */
    NbdkitOrigin(Workbench bench, String name, Path image, Link link) throws IOException, InterruptedException {
        this.commands = bench.commands();
        this.socket = bench.path(name + ".sock");
        this.log = bench.path(name + ".log");
        boolean limited = link.bitsPerSecond() > 0;
        List<String> words = Stream.of(
                Stream.of("nbdkit", "--foreground", "--readonly", "--unix", socket.toString(),
                        "--threads", "" + THREADS, "--filter=log", "--filter=delay"),
                limited ? Stream.of("--filter=rate") : Stream.<String>of(),
                Stream.of("file", image.toString(), "logfile=" + log, "rdelay=" + link.delayMs() + "ms"),
                limited ? Stream.of("rate=" + link.bitsPerSecond()) : Stream.<String>of())
                .flatMap(part -> part).toList();
        this.process = commands.start(words, Map.of());
        Waiting.until(() -> Waiting.listens(socket), process, "nbdkit does not listen");
    }

    @Override
    public String name() {
        return "nbd";
    }

    @Override
    public String uri() {
        return "nbd+unix:///?socket=" + socket;
    }

    @Override
    public long pid() {
        return process.process().pid();
    }

    @Override
    public Traffic traffic() throws IOException {
        if (!Files.exists(log)) {
            return Traffic.NONE;
        }
        long requests = 0;
        long bytes = 0;
        long connections = 0;
        for (String line : Files.readAllLines(log)) {
            Matcher read = READ.matcher(line);
            if (read.find()) {
                requests++;
                bytes += Long.parseLong(read.group(1), 16);
            } else if (CONNECT.matcher(line).find()) {
                connections++;
            }
        }
        return new Traffic(requests, bytes, connections);
    }

    @Override
    public void close() throws InterruptedException {
        commands.stop(process.process());
    }
}
