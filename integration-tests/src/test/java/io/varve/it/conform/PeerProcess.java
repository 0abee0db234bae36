package io.varve.it.conform;

import io.varve.it.tool.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * nbdkit or qemu-nbd with one export, {@code disk}.
 *
 * <p>Owned by {@link Servers}.
 */
final class PeerProcess implements AutoCloseable {

    /** What clients may do. */
    enum Access {
        READ_WRITE,
        READ_ONLY
    }

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<String> command;
    private final SocketAddress address;
    private final Path log;
    private Process process;

    /** Starts it. */
    PeerProcess(List<String> command, SocketAddress address, Path log) {
        this.command = command;
        this.address = address;
        this.log = log;
        start();
    }

    private void start() {
        try {
            if (address instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Await.until("an answer of " + command, PATIENCE, this::answers, this::said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        try (SocketChannel channel = SocketChannel.open(address)) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    void revive() {
        if (!process.isAlive()) {
            start();
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
