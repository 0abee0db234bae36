package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * An NBD server in a process of its own, started once per run.
 *
 * <p>Owned by the main thread.
 */
abstract class ProcessServer implements AutoCloseable {
    private static final byte[] GREETING = "NBDMAGIC".getBytes(StandardCharsets.US_ASCII);
    private static final long START_LIMIT_NS = 60_000_000_000L;
    private static final long POLL_MS = 5;

    protected final Workbench bench;
    private final Contender contender;
    private final Place place;
    private int port;
    private Commands.Started started;

    ProcessServer(Workbench bench, Contender contender, Place place) {
        this.bench = bench;
        this.contender = contender;
        this.place = place;
    }

    /** As in the reports. */
    final String name() {
        return contender.title;
    }

    final Place place() {
        return place;
    }

    /** The command that serves, in the foreground, on {@link #socket()}, or on {@link #port()} of 127.0.0.1. */
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

    /** Bytes that each thread has allocated, by its name: nothing, where nobody counts them. */
    Map<String, Long> allocations() throws IOException {
        return Map.of();
    }

    /** The name of the export to use for a workload. */
    String export(Workload workload) {
        return "";
    }

    /** Adds a second disk, if it was opened for two. */
    void addNeighbour(Path file, Fio fio) throws IOException, InterruptedException {
        throw new UnsupportedOperationException(name());
    }

    /** The name of the export of the second disk. */
    String neighbour() {
        throw new UnsupportedOperationException(name());
    }

    /** Uncounted work before each run of a workload. */
    void before(Workload workload, Fio fio) throws IOException, InterruptedException {
    }

    /** Uncounted work after each run of a workload. */
    void after(Workload workload) throws IOException, InterruptedException {
    }

    /** Of no other server of the run; without an ending. */
    final String fileName() {
        return name().replaceAll("[^a-z0-9]", "") + "-" + place.transport().name().toLowerCase(Locale.ROOT)
                + place.layers();
    }

    final Path socket() {
        return bench.path(fileName() + ".sock");
    }

    /** A port that was free when it was asked for first. */
    final int port() {
        if (port == 0) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            } catch (IOException e) {
                throw new UncheckedIOException("no free port", e);
            }
        }
        return port;
    }

    final String uri(String export, Transport transport) {
        return transport == Transport.UNIX
                ? "nbd+unix:///" + export + "?socket=" + socket()
                : "nbd://127.0.0.1:" + port() + "/" + export;
    }

    final String uri(String export) {
        return uri(export, Transport.UNIX);
    }

    final String uri(Workload workload) {
        return uri(export(workload), workload.place().transport());
    }

    /** @throws PerfException if the process has ended, with the last that it said */
    final long pid() throws IOException {
        if (!process().isAlive()) {
            throw started.failure(name() + " ended");
        }
        return process().pid();
    }

    /** The one that serves: the one that was started, unless that one leaves its work to another. */
    ProcessHandle process() throws IOException {
        return started.process().toHandle();
    }

    /** Starts the process and returns when it greets clients. */
    final void start() throws IOException, InterruptedException {
        launch();
        long deadlineNs = System.nanoTime() + START_LIMIT_NS;
        while (!greets()) {
            if (started.process().waitFor(POLL_MS, TimeUnit.MILLISECONDS) && started.process().exitValue() != 0) {
                throw started.failure(name() + " ended with exit " + started.process().exitValue());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw started.failure(name() + " does not greet");
            }
        }
        bench.commands().adopt(process());
    }

    /** Starts the process. Some leave their socket behind, and refuse to start where there is one. */
    final void launch() throws IOException {
        Files.deleteIfExists(socket());
        started = bench.commands().start(command(), environment());
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
        SocketAddress address = place.transport() == Transport.UNIX
                ? UnixDomainSocketAddress.of(socket())
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), port());
        try (SocketChannel channel = SocketChannel.open(address)) {
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
