package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Waiting;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where clients boot: a store and its daemon.
 *
 * <p>Owned by the main thread.
 */
final class Site implements AutoCloseable {

    private static final String IMAGE = "boot";
    private static final long COMMAND_LIMIT_SECONDS = 600;

    private final Commands commands;
    private final String varve;
    private final Path store;
    private final Path socket;
    private Commands.Started daemon;
    private SlowOrigin origin;

    /** @param name of a directory on the bench, made by this */
    Site(Workbench bench, String name) throws IOException {
        this.commands = bench.commands();
        this.varve = bench.varve();
        Path directory = Files.createDirectory(bench.path(name));
        this.store = directory.resolve("store");
        this.socket = directory.resolve("varve.sock");
    }

    void importFile(Path image) throws IOException, InterruptedException {
        run("import", image.toString(), IMAGE);
    }

    void importLazily(SlowOrigin from) throws IOException, InterruptedException {
        origin = from;
        run("import", from.uri(), IMAGE, "--lazy");
    }

    /** Waits until the daemon has made a profile of the boots that are over. */
    void exportProfile(Path file) throws IOException, InterruptedException {
        Waiting.until(() -> isLearned(file), daemon, "no boot was learned");
    }

    private boolean isLearned(Path file) throws IOException, InterruptedException {
        try {
            run("boot", "export", IMAGE, file.toString());
            return true;
        } catch (PerfException notYet) {
            return false;
        }
    }

    void importProfile(Path file) throws IOException, InterruptedException {
        run("boot", "import", file.toString(), IMAGE);
    }

    private void run(String... words) throws IOException, InterruptedException {
        commands.run(command(words), COMMAND_LIMIT_SECONDS);
    }

    private List<String> command(String... words) {
        return Stream.concat(Stream.of(varve, "--store", store.toString()), Stream.of(words)).toList();
    }

    String uri(String client) {
        return "nbd+unix:///" + IMAGE + "@" + client + "?socket=" + socket;
    }

    void start() throws IOException, InterruptedException {
        daemon = commands.start(command("serve", IMAGE, "--listen", "unix://" + socket), Map.of());
        Waiting.until(() -> Waiting.listens(socket), daemon, "the daemon does not listen");
    }

    /** Clients of this site, not switched on yet; the caller closes it. */
    Room room(BootTrace trace, BootImage image, int clientCount, Progress progress) {
        List<Long> pids = Stream.concat(Stream.of(daemon.process().pid()),
                Stream.ofNullable(origin).map(SlowOrigin::pid)).toList();
        return new Room(trace, image, UnixDomainSocketAddress.of(socket), IMAGE, clientCount, pids, progress);
    }

    /** What ends a run: the client's trouble, and what the daemon last said. */
    PerfException failure(Throwable ofAClient) throws IOException {
        return daemon.failure("a client failed: " + ofAClient);
    }

    /** Ends the daemon: what it has learned is in the store then. */
    void stop() throws InterruptedException {
        if (daemon != null) {
            commands.stop(daemon.process());
            daemon = null;
        }
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }
}
