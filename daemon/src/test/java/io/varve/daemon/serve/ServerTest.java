package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NegotiationException;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ServerTest {

    @TempDir
    Path directory;

    private final Workers workers = new Workers(2);
    private final Counters counters = Counters.anonymous();
    private final SharedMemoryDirectory exports = new SharedMemoryDirectory();
    private Path socket;
    private Server server;

    @BeforeEach
    void start() throws IOException {
        socket = directory.resolve("varve.sock");
        server = Server.start(
                new ServerConfig(
                        List.of(
                                new ListenSettings(new ListenAddress.Unix(socket), TlsSettings.OFF),
                                new ListenSettings(new ListenAddress.Tcp("127.0.0.1", 0), TlsSettings.OFF)),
                        2,
                        Duration.ofNanos(20_000),
                        Duration.ofSeconds(2),
                        Limits.DEFAULT),
                exports,
                workers,
                counters);
    }

    @AfterEach
    void stop() {
        server.close();
        exports.close();
        workers.close();
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    private NbdClient client(String export) throws IOException {
        return NbdClient.connect(connect(), ClientOptions.structured(export));
    }

    @Test
    void shouldCloseWhatIsOpenedWhileItStops() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        Thread client = beginOpening(slow);
        Thread stop = begin(server::close);
        client.join();
        assertThat(exports.openCount).hasValue(1);
        slow.countDown();
        stop.join();
        assertThat(exports.openCount).hasValue(0);
    }

    @Test
    void shouldCloseWhatIsOpenedAfterItHasStopped() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        Thread client = beginOpening(slow);
        server.close();
        client.join();
        assertThat(exports.openCount).hasValue(1);
        slow.countDown();
        workers.close();
        assertThat(exports.openCount).hasValue(0);
    }

    /** A client that will be refused; returns when its export is being opened, which takes until {@code slow} opens. */
    private Thread beginOpening(CountDownLatch slow) {
        CountDownLatch opening = new CountDownLatch(1);
        exports.onOpen = () -> {
            opening.countDown();
            await(slow);
        };
        Thread client = begin(() -> assertThatThrownBy(() -> client("disk")).isInstanceOf(IOException.class));
        await(opening);
        return client;
    }

    private static Thread begin(Runnable task) {
        Thread thread = new Thread(task);
        thread.start();
        return thread;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldServeOverUnixAndTcp() throws IOException {
        int port = URI.create(server.addresses().get(1)).getPort();
        try (NbdClient unix = client("disk");
                NbdClient tcp = NbdClient.connect(
                        SocketChannel.open(new InetSocketAddress("127.0.0.1", port)), ClientOptions.simple("disk"))) {
            byte[] data = new byte[300_000];
            Arrays.fill(data, (byte) 7);
            unix.write(1000, data);
            unix.flush();
            assertThat(tcp.read(1000, data.length)).isEqualTo(data);
            assertThat(server.connections()).extracting(ConnectionStatus::export).containsExactly("disk", "disk");
        }
    }

    @Test
    void shouldBringAllConnectionsOfADiskToOneAgent() throws IOException {
        List<NbdClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(client("disk" + i % 4));
        }
        for (NbdClient client : clients) {
            client.read(0, 512);
        }
        assertThat(server.connections().stream().map(ConnectionStatus::agent).distinct()).hasSize(2);
        for (NbdClient client : clients) {
            client.close();
        }
    }

    @Test
    void shouldKeepOthersServedBesideStalledAndBrokenClients() throws IOException {
        SocketChannel stalled = connect();
        SocketChannel garbage = connect();
        garbage.write(ByteBuffer.wrap(new byte[100]));
        NbdClient halfRequest = client("disk");
        try (NbdClient broken = client("disk")) {
            assertThatThrownBy(() -> broken.trim(0, 4096, 0)).isInstanceOf(IOException.class);
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
        try (NbdClient good = client("disk")) {
            good.write(0, new byte[] {1, 2, 3});
            good.flush();
            assertThat(good.read(0, 3)).containsExactly(1, 2, 3);
        }
        stalled.close();
        halfRequest.close();
    }

    @Test
    void shouldAnswerUnknownExportsAndGoOn() throws IOException {
        assertThatThrownBy(() -> client("nothing"))
                .isInstanceOf(NegotiationException.class)
                .hasMessageContaining("nothing");
        try (NbdClient good = client("disk")) {
            assertThat(good.export().size()).isEqualTo(SharedMemoryDirectory.SIZE);
        }
    }

    @Test
    void shouldCloseTheExportsOfClientsThatVanish() throws Exception {
        SocketChannel channel = connect();
        NbdClient client = NbdClient.connect(channel, ClientOptions.structured("disk"));
        client.submit(NbdProtocol.CMD_FLUSH, 0, 0, 0);
        channel.close();
        awaitNoOpenExports();
    }

    private void awaitNoOpenExports() {
        while (exports.openCount.get() > 0) {
            // Each question goes through the agents' queues, so this waits for them without a timer.
            server.connections();
        }
    }

    @Test
    void shouldFinishRequestsAndRemoveTheSocketAtClose() throws IOException {
        NbdClient client = client("disk");
        client.write(0, new byte[] {9});
        server.close();
        assertThat(exports.openCount.get()).isZero();
        assertThat(Files.exists(socket)).isFalse();
        assertThatThrownBy(() -> client.read(0, 1)).isInstanceOf(IOException.class);
        assertThat(counters.get(Counter.SESSIONS_OPENED).get()).isEqualTo(1);
    }

    @Test
    void shouldRefuseASocketThatIsInUse() {
        assertThatThrownBy(() -> Server.start(
                        ServerConfig.of(List.of(new ListenAddress.Unix(socket)), TlsSettings.OFF),
                        exports,
                        workers,
                        counters))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(socket.toString());
    }
}
