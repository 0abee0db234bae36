package io.varve.perf.macro;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An NBD server in a process of its own, on a unix socket, started once per run.
 *
 * <p>Owned by the main thread.
 */
abstract class ProcessServer implements AutoCloseable {
    private static final byte[] GREETING = "NBDMAGIC".getBytes(StandardCharsets.US_ASCII);
    private static final long START_LIMIT_NS = 60_000_000_000L;
    private static final long POLL_MS = 5;

    protected final Workbench bench;
    private final String name;
    private Commands.Started started;

    ProcessServer(Workbench bench, String name) {
        this.bench = bench;
        this.name = name;
    }

    /** As in the reports. */
    final String name() {
        return name;
    }

    /** Programs that must be there. */
    abstract List<Tool> tools();

    /** The command that serves, in the foreground, on {@link #socket()}. */
    abstract List<String> command();

    Map<String, String> environment() {
        return Map.of();
    }

    /** Uncounted work before the server is started: importing, for one that has a store. */
    void prepare() throws IOException, InterruptedException {
    }

    /** Uncounted work after it has started and before anything is measured. */
    void fill(Fio fio) throws IOException, InterruptedException {
    }

    /** Whether the workload means something else here than another one that is run anyway. */
    boolean serves(Workload workload) {
        return workload.pages() != Workload.Pages.FRESH;
    }

    /** The name of the export to use for a workload. */
    String export(Workload workload) {
        return "";
    }

    /** Uncounted work before each run of a workload. */
    void before(Workload workload, Fio fio) throws IOException, InterruptedException {
    }

    /** Uncounted work after each run of a workload. */
    void after(Workload workload) throws IOException, InterruptedException {
    }

    final Path socket() {
        return bench.path(name.replaceAll("[^a-z]", "") + ".sock");
    }

    final String uri(String export) {
        return "nbd+unix:///" + export + "?socket=" + socket();
    }

    final String uri(Workload workload) {
        return uri(export(workload));
    }

    /** @throws PerfException if the process has ended, with the last that it said */
    final long pid() throws IOException {
        if (!started.process().isAlive()) {
            throw started.failure(name + " ended with exit " + started.process().exitValue());
        }
        return started.process().pid();
    }

    /** Starts the process and returns when it greets clients. */
    final void start() throws IOException, InterruptedException {
        started = bench.commands().start(command(), environment());
        long deadlineNs = System.nanoTime() + START_LIMIT_NS;
        while (!greets()) {
            if (started.process().waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                throw started.failure(name + " ended with exit " + started.process().exitValue());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw started.failure(name + " does not greet on " + socket());
            }
        }
    }

    /** Ends the process as a crash does. */
    final void kill() throws InterruptedException {
        started.process().destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        if (started != null) {
            bench.commands().stop(started.process());
        }
    }

    private boolean greets() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket()));
            ByteBuffer greeting = ByteBuffer.allocate(GREETING.length);
            while (greeting.hasRemaining() && channel.read(greeting) >= 0) {
                Thread.onSpinWait();
            }
            return ByteBuffer.wrap(GREETING).equals(greeting.flip());
        } catch (IOException notYet) {
            return false;
        }
    }
}
