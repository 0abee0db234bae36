package io.varve.it.conform;

import io.varve.it.conform.Server.Peer;
import io.varve.it.tool.Await;
import io.varve.it.tool.RawImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
    private final Path socket;
    private final Path log;
    private Process process;

    private PeerProcess(List<String> command, Path socket, Path log) {
        this.command = command;
        this.socket = socket;
        this.log = log;
    }

    static PeerProcess start(Peer peer, Path directory, Access access, long size, long seed) {
        Path raw = RawImages.mixed(directory.resolve(access + ".raw"), size, seed);
        Path socket = directory.resolve(access + ".sock");
        List<Object> command = new ArrayList<>();
        if (peer == Peer.NBDKIT) {
            command.addAll(List.of("nbdkit", "-f", "-U", socket, "--filter=exportname"));
        } else {
            command.addAll(List.of("qemu-nbd", "-t", "-e", "0", "-k", socket, "-f", "raw", "-x", "disk", "-A"));
        }
        if (access == Access.READ_ONLY) {
            command.add("-r");
        }
        if (peer == Peer.NBDKIT) {
            command.addAll(List.of("file", raw, "exportname=disk", "exportname-strict=true",
                    "exportname-list=explicit", "default-export=disk"));
        } else {
            command.add(raw);
        }
        PeerProcess started = new PeerProcess(
                command.stream().map(Object::toString).toList(), socket, directory.resolve(access + ".log"));
        started.start();
        return started;
    }

    SocketAddress address() {
        return UnixDomainSocketAddress.of(socket);
    }

    private void start() {
        try {
            Files.deleteIfExists(socket);
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Await.until("the socket of " + command, PATIENCE, () -> Files.exists(socket), this::said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
