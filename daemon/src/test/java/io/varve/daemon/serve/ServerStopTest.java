package io.varve.daemon.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdHandshake;
import io.varve.nbd.client.NegotiationException;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of a server that stops while a request is in flight. */
@Timeout(60)
class ServerStopTest {

    @TempDir
    Path directory;

    private final Workers workers = new Workers(2);
    private final SharedMemoryDirectory exports = new SharedMemoryDirectory();
    private Path socket;
    private Server server;

    @BeforeEach
    void start() throws IOException {
        socket = directory.resolve("varve.sock");
        server = Server.start(
                new ServerConfig(
                        List.of(new ListenSettings(new ListenAddress.Unix(socket), TlsSettings.OFF)),
                        1,
                        Duration.ZERO,
                        Duration.ofSeconds(30),
                        Limits.DEFAULT),
                exports,
                workers,
                Counters.anonymous());
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

    @Test
    void shouldRefuseWhatIsNewAndFinishWhatIsInFlight() throws Exception {
        CountDownLatch release = exports.holdFlushes();
        NbdClient client = NbdClient.connect(connect(), ClientOptions.extended("disk"));
        NbdHandshake handshake = new NbdHandshake(connect());
        long inFlight = client.submit(NbdProtocol.CMD_FLUSH, 0, 0, 0);
        client.read(0, 1);
        Thread closing = new Thread(server::close);
        closing.start();
        assertThat(refusalOf(handshake)).isEqualTo(NbdProtocol.REP_ERR_SHUTDOWN);
        assertThat(errorOfRead(client)).isEqualTo(NbdError.ESHUTDOWN.wireValue());
        release.countDown();
        assertThat(client.await(inFlight).error()).isZero();
        closing.join();
        assertThat(exports.openCount.get()).isZero();
    }

    /** Asks until it is refused. */
    private static int refusalOf(NbdHandshake handshake) {
        return catchThrowableOfType(NegotiationException.class, () -> {
            while (true) {
                handshake.list();
            }
        }).replyType();
    }

    /** Reads until it is refused. */
    private static int errorOfRead(NbdClient client) throws IOException {
        int error = 0;
        while (error == 0) {
            error = client.await(client.submit(NbdProtocol.CMD_READ, 0, 0, 1)).error();
        }
        return error;
    }
}
