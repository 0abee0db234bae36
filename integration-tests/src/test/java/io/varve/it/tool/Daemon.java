package io.varve.it.tool;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A {@code varve serve} that accepts connections, in a process of its own.
 *
 * <p>Owned by the test that started it, which closes it.
 */
public final class Daemon implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path socket;
    private final Path log;

    private Daemon(Process process, Path socket, Path log) {
        this.process = process;
        this.socket = socket;
        this.log = log;
    }

    static Daemon start(List<String> command, Map<String, String> environment, Path socket) {
        try {
            Path log = socket.resolveSibling("daemon.log");
            Process process = Tool.builder(command, environment)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
            Daemon daemon = new Daemon(process, socket, log);
            daemon.awaitLog("listening");
            return daemon;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitLog(String text) {
        Await.until(
                "'" + text + "' of the daemon",
                PATIENCE,
                () -> {
                    if (!process.isAlive() && !log().contains(text)) {
                        throw new AssertionError("the daemon ended with " + process.exitValue() + ":\n" + log());
                    }
                    return log().contains(text);
                },
                this::log);
    }

    /** What it has said so far, on both streams. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public Path socket() {
        return socket;
    }

    /** @param export name of an export, as in {@code debian@alice} */
    public String uri(String export) {
        return "nbd+unix:///" + export + "?socket=" + socket;
    }

    public NbdClient connect(String export) throws IOException {
        return NbdClient.connect(openSocket(), ClientOptions.structured(export));
    }

    /** A connection on which nothing was said yet. */
    public SocketChannel openSocket() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    /** As {@code kill -9} does it. */
    public void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        awaitEnd();
    }

    /** Asks it to end, and waits until it has. */
    public int stop() {
        process.destroy();
        return awaitEnd();
    }

    /** Waits until it has ended by itself, or because of a signal; returns the exit code. */
    public int awaitEnd() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the daemon does not end:\n" + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while the daemon ends:\n" + log(), e);
        }
    }

    /** Ends it, whatever state it is in, and forgets its socket and log. */
    @Override
    public void close() {
        if (process.isAlive()) {
            stop();
        }
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(log);
            Files.deleteIfExists(socket.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
