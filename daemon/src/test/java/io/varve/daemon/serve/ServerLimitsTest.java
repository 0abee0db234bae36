package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ServerLimitsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration NONE = Duration.ZERO;
    private static final long MEMORY = 256L << 20;
    private static final int REQUEST_LENGTH = 28;

    @TempDir
    Path directory;

    private final Workers workers = new Workers(2);
    private final Counters counters = Counters.anonymous();
    private final SharedMemoryDirectory exports = new SharedMemoryDirectory();
    private Path socket;
    private Server server;

    private void start(Limits limits) throws IOException {
        socket = directory.resolve("varve.sock");
        ServerConfig config = ServerConfig.of(
                List.of(new ListenAddress.Unix(socket), new ListenAddress.Tcp("127.0.0.1", 0)), TlsSettings.OFF);
        server = Server.start(config.withLimits(limits).withAgentCount(2), exports, workers, counters);
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

    private SocketChannel connectTcp() throws IOException {
        return SocketChannel.open(
                new InetSocketAddress("127.0.0.1", URI.create(server.addresses().get(1)).getPort()));
    }

    private static NbdClient client(SocketChannel channel) throws IOException {
        return NbdClient.connect(channel, ClientOptions.structured("disk"));
    }

    private static ByteBuffer request(int command, int length) {
        return ByteBuffer.allocate(REQUEST_LENGTH).putInt(NbdProtocol.REQUEST_MAGIC).putShort((short) 0)
                .putShort((short) command).putLong(7).putLong(0).putInt(length).flip();
    }

    /** Waits until the server closes the connection. */
    private static void awaitEnd(SocketChannel channel) {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        try {
            while (channel.read(buffer.clear()) >= 0) {
                assertThat(channel.isBlocking()).isTrue();
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @Test
    void shouldRefuseMoreConnectionsThanAllowedInAll() throws Exception {
        start(new Limits(3, 3, SECOND, NONE, NONE, MEMORY));
        List<NbdClient> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(client(i == 0 ? connectTcp() : connect()));
        }

        try (SocketChannel surplus = connectTcp()) {
            awaitEnd(surplus);
        }

        assertThat(counters.get(Counter.CONNECTIONS_REFUSED).get()).isEqualTo(1);
        for (NbdClient client : clients) {
            assertThat(client.read(0, 512)).hasSize(512);
            client.close();
        }
    }

    @Test
    void shouldCountPeersApartAndTakeTheNextWhenOneLeft() throws Exception {
        start(new Limits(100, 2, SECOND, NONE, NONE, MEMORY));
        NbdClient first = client(connect());
        try (NbdClient second = client(connect());
                NbdClient overTcp = client(connectTcp())) {
            assertThatThrownBy(() -> client(connect())).isInstanceOf(IOException.class);
            assertThat(overTcp.read(0, 512)).hasSize(512);
            assertThat(second.read(0, 512)).as("its connection has come to its agent").hasSize(512);

            first.close();
            while (server.connections().size() > 2) {
                assertThat(counters.get(Counter.CONNECTIONS_REFUSED).get()).isEqualTo(1);
            }
            try (NbdClient third = client(connect())) {
                assertThat(third.read(0, 512)).isEqualTo(second.read(0, 512));
            }
        }
    }

    @Test
    void shouldEndAHandshakeThatTakesTooLong() throws Exception {
        start(new Limits(100, 100, SECOND, NONE, NONE, MEMORY));
        try (SocketChannel silent = connect()) {
            awaitEnd(silent);
        }
        assertThat(counters.get(Counter.DEADLINES_PASSED).get()).isEqualTo(1);
    }

    @Test
    void shouldEndAnIdleConnectionAndNoBusyOne() throws Exception {
        start(new Limits(100, 100, SECOND, SECOND, NONE, MEMORY));
        try (SocketChannel idle = connect();
                NbdClient busy = client(connect())) {
            client(idle);
            idle.configureBlocking(false);
            ByteBuffer buffer = ByteBuffer.allocate(1);
            while (idle.read(buffer) == 0) {
                assertThat(busy.read(0, 512)).hasSize(512);
            }
            assertThat(busy.read(0, 512)).hasSize(512);
            assertThat(server.connections()).hasSize(1);
        }
    }

    @Test
    void shouldKeepAnIdleConnectionWithoutAnIdleDeadline() throws Exception {
        start(new Limits(100, 100, SECOND, NONE, SECOND, MEMORY));
        try (SocketChannel stalled = connect();
                NbdClient idle = client(connect())) {
            client(stalled);
            stalled.write(request(NbdProtocol.CMD_WRITE, 1 << 20));
            awaitEnd(stalled);
            assertThat(idle.read(0, 512)).hasSize(512);
        }
    }

    @Test
    void shouldEndAClientThatSendsAByteNowAndThen() throws Exception {
        start(new Limits(100, 100, SECOND, NONE, SECOND, MEMORY));
        ScheduledExecutorService drip = Executors.newSingleThreadScheduledExecutor();
        try (SocketChannel slow = connect();
                NbdClient good = client(connect())) {
            client(slow);
            slow.write(request(NbdProtocol.CMD_WRITE, 1 << 20));
            drip.scheduleAtFixedRate(() -> dropByte(slow), 0, 50, TimeUnit.MILLISECONDS);
            awaitEnd(slow);
            assertThat(counters.get(Counter.DEADLINES_PASSED).get()).isEqualTo(1);
            assertThat(good.read(0, 512)).hasSize(512);
        } finally {
            drip.shutdownNow();
        }
    }

    private static void dropByte(SocketChannel channel) {
        try {
            channel.write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            throw new IllegalStateException("the server hung up, no more bytes", e);
        }
    }

    @Test
    void shouldEndAClientThatDoesNotReadItsReplies() throws Exception {
        start(new Limits(100, 100, SECOND, NONE, SECOND, MEMORY));
        try (SocketChannel deaf = connect()) {
            client(deaf);
            deaf.configureBlocking(false);
            int sent = 0;
            while (deaf.write(request(NbdProtocol.CMD_READ, 1 << 20)) == REQUEST_LENGTH) {
                sent++;
            }
            assertThat(sent).isGreaterThan(4);
            // The client may have its answer before the connection has come to its agent.
            while (counters.get(Counter.DEADLINES_PASSED).get() == 0 || !server.connections().isEmpty()) {
                assertThat(counters.get(Counter.DEADLINES_PASSED).get()).isLessThanOrEqualTo(1);
            }
            assertThat(exports.openCount.get()).isZero();
        }
    }

    @Test
    void shouldAnswerOthersWhileDeafClientsHoldAllMemory() throws Exception {
        start(new Limits(1000, 1000, Duration.ofSeconds(30), NONE, NONE, 64L << 20));
        List<SocketChannel> deaf = new ArrayList<>();
        try (NbdClient good = client(connect())) {
            // Each holds about 6 MiB, and nothing but the shortage ends them.
            for (int i = 0; i < 20; i++) {
                SocketChannel channel = connect();
                deaf.add(channel);
                client(channel);
                channel.configureBlocking(false);
                for (int j = 0; j < 20; j++) {
                    channel.write(request(NbdProtocol.CMD_READ, 1 << 20));
                }
            }
            while (counters.get(Counter.DEADLINES_PASSED).get() == 0) {
                assertThat(good.read(0, 1 << 20)).hasSize(1 << 20);
            }
            assertThat(good.read(0, 1 << 20)).hasSize(1 << 20);
            assertThat(server.connections()).hasSizeBetween(2, 20);
            assertThat(counters.get(Counter.MEMORY_SHORTAGES).get()).isPositive();
        } finally {
            for (SocketChannel channel : deaf) {
                channel.close();
            }
        }
    }
}
