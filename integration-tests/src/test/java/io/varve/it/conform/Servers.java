package io.varve.it.conform;

import io.varve.it.conform.Link.Style;
import io.varve.it.tls.Authority;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
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
    private static final long LARGE_SIZE = 5L << 30;
    private static final long SEED = 161;
    private static final String USER = "alice";
    private static final String KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    private final Peer peer = Peer.named(System.getProperty("varve.conform.target", "varve"));
    private final Set<Way> chosen = Stream.of(
                    System.getProperty("varve.conform.ways", "unix,tcp,tls,psk,offered").split(","))
            .map(way -> Way.valueOf(way.toUpperCase(Locale.ROOT)))
            .collect(Collectors.toSet());
    private final Path directory;
    private final Path certificates;
    private final Path keys;
    private final Map<Way, Function<String[], TlsLayer>> secrets = new EnumMap<>(Way.class);
    private final Map<Way, Server> all = new EnumMap<>(Way.class);
    private final List<PeerProcess> peers = new ArrayList<>();
    private final List<AutoCloseable> started = new ArrayList<>();

    private Servers() {
        try {
            directory = Files.createTempDirectory("varve-conform");
            certificates = new Authority(directory.resolve("authority")).server("server");
            keys = Files.writeString(directory.resolve("keys.psk"), USER + ":" + KEY + "\n");
            Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
            SSLContext trust = EngineTls.trusting(certificates.resolve("ca-cert.pem"));
            secrets.put(Way.TLS, versions -> new EngineTls(trust, versions));
            secrets.put(Way.OFFERED, secrets.get(Way.TLS));
            secrets.put(Way.PSK, versions -> new PskTls(USER, HexFormat.of().parseHex(KEY), versions));
            if (peer == Peer.VARVE) {
                varve();
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

    Peer peer() {
        return peer;
    }

    boolean isChosen(Way way) {
        return chosen.contains(way);
    }

    /** All of them over unix sockets; over other ways one is enough to see the transport, unless all are wanted. */
    Stream<Style> styles(Styles styles, Way way) {
        int count = styles.list().size();
        boolean all = peer != Peer.VARVE || way == Way.UNIX || Boolean.getBoolean("varve.conform.full");
        return styles.list().stream().skip(all ? 0 : way == Way.TCP ? Math.max(0, count - 2) : count - 1)
                .limit(all ? count : 1);
    }

    Server at(Way way) {
        return all.computeIfAbsent(way, this::startPeer);
    }

    /** One daemon with a listener for each way. */
    private void varve() throws IOException {
        Varve varve = new Varve(directory.resolve("store"));
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, SEED);
        Path large = directory.resolve("large.raw");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(LARGE_SIZE);
        }
        varve.run("import", raw, "disk");
        varve.run("import", raw, "frozen");
        varve.run("import", large, "large");

        Map<Way, SocketAddress> addresses = new EnumMap<>(Way.class);
        for (Way way : Way.values()) {
            addresses.put(way, way == Way.TCP || way == Way.TLS ? loopback() : socket(way));
        }
        Path unix = Varve.newSocket();
        addresses.put(Way.UNIX, UnixDomainSocketAddress.of(unix));
        String certified = "certificates = \"" + certificates + "\"\n";
        String text = "store = \"" + varve.store() + "\"\n"
                + listener(addresses.get(Way.UNIX), "off", "")
                + listener(addresses.get(Way.TCP), "off", "")
                + listener(addresses.get(Way.TLS), "require", certified)
                + listener(addresses.get(Way.PSK), "require", "psk = \"" + keys + "\"\n")
                + listener(addresses.get(Way.OFFERED), "on", certified)
                + "[[export]]\nimage = \"frozen\"\nread-only = true\n[[export]]\nimage = \"*\"\n";
        Path file = Files.writeString(directory.resolve("varve.toml"), text);
        Daemon daemon = varve.serveConfig(file, unix);
        started.add(daemon);
        for (Way way : Way.values()) {
            Reach reach = new Reach(way, addresses.get(way), secrets.get(way));
            all.put(way, new Server(peer, daemon::pid, reach, reach));
        }
    }

    private static String listener(SocketAddress address, String tls, String more) {
        String uri = address instanceof UnixDomainSocketAddress unix
                ? "unix://" + unix.getPath()
                : "tcp://127.0.0.1:" + ((InetSocketAddress) address).getPort();
        return "[[listener]]\nuri = \"" + uri + "\"\ntls = \"" + tls + "\"\n" + more;
    }

    private SocketAddress socket(Way way) {
        return UnixDomainSocketAddress.of(directory.resolve(way + ".sock"));
    }

    private static SocketAddress loopback() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two processes, of which one can only be read. */
    private Server startPeer(Way way) {
        Reach[] reaches = new Reach[2];
        for (PeerProcess.Access access : PeerProcess.Access.values()) {
            Path raw = RawImages.mixed(directory.resolve(access + "-" + way + ".raw"), SIZE, SEED);
            SocketAddress address = way == Way.TCP || way == Way.TLS
                    ? loopback()
                    : UnixDomainSocketAddress.of(directory.resolve(access + "-" + way + ".sock"));
            PeerProcess process = new PeerProcess(
                    PeerCommand.of(peer, raw, address, access).secured(way, certificates, keys), address,
                    directory.resolve(access + "-" + way + ".log"));
            peers.add(process);
            started.add(process);
            reaches[access.ordinal()] = new Reach(way, address, secrets.get(way));
        }
        return new Server(peer, peers.get(peers.size() - 2)::pid, reaches[0], reaches[1]);
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
