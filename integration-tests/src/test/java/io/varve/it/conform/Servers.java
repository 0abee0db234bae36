package io.varve.it.conform;

import io.varve.it.conform.Server.Peer;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The servers of this run: Varve, or the peer that {@code -Dvarve.conform.target} names. Started with the first test,
 * ended with the last.
 *
 * <p>Owned by the test run.
 */
final class Servers implements AutoCloseable {

    private static final long SIZE = 64L * Nbd.MIB;
    private static final long SEED = 161;

    private final Path directory;
    private final List<Server> all = new ArrayList<>();
    private final List<PeerProcess> peers = new ArrayList<>();
    private final List<AutoCloseable> started = new ArrayList<>();

    private Servers() {
        try {
            directory = Files.createTempDirectory("varve-conform");
            switch (System.getProperty("varve.conform.target", "varve")) {
                case "varve" -> varve();
                case "nbdkit" -> peer(Peer.NBDKIT);
                case "qemu-nbd" -> peer(Peer.QEMU_NBD);
                default -> throw new IllegalArgumentException("varve.conform.target is varve, nbdkit or qemu-nbd");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Servers of(ExtensionContext context) {
        return context.getRoot()
                .getStore(Namespace.create(Servers.class))
                .getOrComputeIfAbsent(Servers.class, key -> new Servers(), Servers.class);
    }

    List<Server> all() {
        return all;
    }

    private void varve() throws IOException {
        int port = freePort();
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, SEED);
        Path writable = Files.createDirectory(directory.resolve("writable"));
        Path readOnly = Files.createDirectory(directory.resolve("read-only"));
        Served served = Served.image(writable, raw, "--listen", "tcp://127.0.0.1:" + port);
        started.add(served);
        Served frozen = Served.image(readOnly, raw, "--overlay", "none");
        started.add(frozen);
        SocketAddress other = unix(frozen.daemon());
        all.add(new Server(Peer.VARVE, "unix", unix(served.daemon()), other));
        SocketAddress tcp = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        all.add(new Server(Peer.VARVE, "tcp", tcp, other));
    }

    private static SocketAddress unix(Daemon daemon) {
        return UnixDomainSocketAddress.of(daemon.socket());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void peer(Peer peer) {
        PeerProcess writable = PeerProcess.start(peer, directory, PeerProcess.Access.READ_WRITE, SIZE, SEED);
        PeerProcess frozen = PeerProcess.start(peer, directory, PeerProcess.Access.READ_ONLY, SIZE, SEED);
        peers.addAll(List.of(writable, frozen));
        started.addAll(peers);
        all.add(new Server(peer, "unix", writable.address(), frozen.address()));
    }

    /** Starts peers again that a test has killed, so that the next test finds out about itself alone. */
    void revive() {
        peers.forEach(PeerProcess::revive);
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable one : started) {
            one.close();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
