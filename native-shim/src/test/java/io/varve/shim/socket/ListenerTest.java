package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jnr.unixsocket.UnixDatagramChannel;
import jnr.unixsocket.UnixSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenerTest {

    @TempDir
    private Path directory;

    @Test
    void shouldAcceptWhoWaitsAndNobodyElse() throws Exception {
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path)) {
            assertThat(listener.address()).isEqualTo("unix://" + path);
            assertThat(listener.port()).isEqualTo(-1);
            assertThat(listener.accept()).isNull();
            try (Connection client = Connection.connectUnix(path);
                    Connection server = listener.accept()) {
                assertThat(server.fd()).isNotEqualTo(client.fd());
                assertThat(listener.accept()).isNull();
            }
        }
    }

    @Test
    void shouldBeReadableWhenAClientWaits() throws Exception {
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path);
                Epoll epoll = new Epoll()) {
            epoll.add(listener.fd(), Epoll.READABLE, 7);
            assertThat(epoll.await(0)).isZero();
            try (Connection client = Connection.connectUnix(path)) {
                assertThat(epoll.await(10_000)).isEqualTo(1);
                assertThat(epoll.token(0)).isEqualTo(7);
                assertThat(client.fd()).isNotNegative();
            }
        }
    }

    @Test
    void shouldRemoveItsSocketFile() throws Exception {
        Path path = directory.resolve("s");
        Listener listener = Listener.unix(path);
        assertThat(path).exists();

        listener.close();
        listener.close();

        assertThat(path).doesNotExist();
    }

    @Test
    void shouldLeaveTheSocketFileOfASuccessor() throws Exception {
        Path path = directory.resolve("s");
        Listener first = Listener.unix(path);
        Files.delete(path);
        try (Listener second = Listener.unix(path)) {
            first.close();

            Connection.connectUnix(path).close();
            assertThat(second.accept()).isNotNull().satisfies(Connection::close);
        }
    }

    @Test
    void shouldReplaceTheSocketOfADeadServer() throws Exception {
        Path path = deadSocket();

        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path)) {
            assertThat(listener.accept()).isNotNull().satisfies(Connection::close);
            assertThat(client.fd()).isNotNegative();
        }
    }

    @Test
    void shouldSayThatAServerIsRunning() throws Exception {
        Path path = directory.resolve("s");
        try (Listener running = Listener.unix(path)) {
            NativeException e = catchThrowableOfType(NativeException.class, () -> Listener.unix(path));

            assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE);
            assertThat(e).hasMessage("cannot listen on unix://" + path
                    + ": a running server answers there; stop it, or listen somewhere else (EADDRINUSE)");
            // Once for the attempt to see whether it lives, once for a client.
            assertThat(running.accept()).isNotNull().satisfies(Connection::close);
            Connection.connectUnix(path).close();
            assertThat(running.accept()).isNotNull().satisfies(Connection::close);
        }
    }

    @Test
    void shouldLeaveWhatIsNoStreamSocket() throws Exception {
        Path file = Files.writeString(directory.resolve("notes"), "precious");
        NativeException e = catchThrowableOfType(NativeException.class, () -> Listener.unix(file));
        assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE);
        assertThat(e).hasMessageContaining("a file is in the way; remove it");
        assertThat(file).hasContent("precious");

        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nowhere"));
        e = catchThrowableOfType(NativeException.class, () -> Listener.unix(link));
        assertThat(e).hasMessageContaining("a file is in the way; remove it");
        assertThat(Files.isSymbolicLink(link)).isTrue();
    }

    @Test
    void shouldLeaveTheSocketOfADatagramServer() throws Exception {
        Path path = directory.resolve("datagrams");
        try (UnixDatagramChannel server = UnixDatagramChannel.open()) {
            server.bind(new UnixSocketAddress(path.toString()));

            NativeException e = catchThrowableOfType(NativeException.class, () -> Listener.unix(path));

            assertThat(e).hasMessageContaining("a running server answers there; stop it");
            assertThat(path).exists();
        }
    }

    @Test
    void shouldReachTheFirstOfTwoThatStartTogether() throws Exception {
        int starters = 4;
        ExecutorService threads = Executors.newFixedThreadPool(starters);
        try {
            for (int round = 0; round < 20; round++) {
                Path path = deadSocket();
                Callable<Listener> start = () -> {
                    try {
                        return Listener.unix(path);
                    } catch (NativeException e) {
                        assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE);
                        return null;
                    }
                };
                List<Listener> winners = new ArrayList<>();
                for (Future<Listener> each : threads.invokeAll(java.util.Collections.nCopies(starters, start))) {
                    if (each.get() != null) {
                        winners.add(each.get());
                    }
                }
                assertThat(winners).hasSize(1);
                Connection.connectUnix(path).close();
                winners.get(0).close();
                assertThat(path).doesNotExist();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void shouldTakeAPathOf107BytesAndNoMore() throws Exception {
        String fill = "s".repeat(UnixSockets.MAX_PATH_LENGTH - directory.toString().length() - 1);
        Path longest = directory.resolve(fill);
        try (Listener listener = Listener.unix(longest);
                Connection client = Connection.connectUnix(longest)) {
            assertThat(client.fd()).isNotNegative();
            assertThat(longest).exists();
            assertThat(listener.fd()).isNotNegative();
        }
        Path tooLong = directory.resolve(fill + "x");
        NativeException e = catchThrowableOfType(NativeException.class, () -> Listener.unix(tooLong));
        assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG);
        assertThat(e).hasMessage("a unix socket path has 1 to 107 bytes, this one has 108: " + tooLong
                + "; choose a shorter one");
        assertThat(catchThrowableOfType(NativeException.class, () -> Connection.connectUnix(tooLong)).call())
                .isEqualTo("connect");
    }

    @Test
    void shouldNameADirectoryThatIsMissing() {
        NativeException e = catchThrowableOfType(
                NativeException.class, () -> Listener.unix(directory.resolve("missing").resolve("s")));

        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
        assertThat(e).hasMessageContaining(directory.resolve("missing").toString());
    }

    @Test
    void shouldTellWhyAConnectionWasRefused() throws Exception {
        Path dead = deadSocket();
        NativeException refused = catchThrowableOfType(NativeException.class, () -> Connection.connectUnix(dead));
        assertThat(refused.call()).isEqualTo("connect");
        assertThat(refused.errno()).isEqualTo(Errno.ECONNREFUSED);
        assertThat(refused).hasMessageContaining(dead.toString());

        NativeException missing = catchThrowableOfType(
                NativeException.class, () -> Connection.connectUnix(directory.resolve("missing")));
        assertThat(missing.errno()).isEqualTo(Errno.ENOENT);
    }

    @Test
    void shouldAcceptOverTcp() throws Exception {
        try (Listener listener = Listener.tcp("127.0.0.1", 0);
                Epoll epoll = new Epoll()) {
            assertThat(listener.port()).isPositive();
            assertThat(listener.address()).isEqualTo("tcp://127.0.0.1:" + listener.port());
            assertThat(listener.accept()).isNull();
            epoll.add(listener.fd(), Epoll.READABLE, 0);
            try (Connection client = Connection.connectTcp("127.0.0.1", listener.port())) {
                assertThat(epoll.await(10_000)).isEqualTo(1);
                assertThat(listener.accept()).isNotNull().satisfies(Connection::close);
                assertThat(client.fd()).isNotNegative();
            }
        }
    }

    @Test
    void shouldSayThatAPortIsTaken() throws Exception {
        try (Listener taken = Listener.tcp("127.0.0.1", 0)) {
            NativeException e = catchThrowableOfType(
                    NativeException.class, () -> Listener.tcp("127.0.0.1", taken.port()));

            assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE);
            assertThat(e).hasMessage("cannot listen on tcp://127.0.0.1:" + taken.port()
                    + ": Address already in use (EADDRINUSE); stop the server that uses the port, or choose another");
        }
    }

    @Test
    void shouldTellWhyATcpConnectionFailed() throws Exception {
        Listener listener = Listener.tcp("127.0.0.1", 0);
        int port = listener.port();
        listener.close();

        NativeException e = catchThrowableOfType(
                NativeException.class, () -> Connection.connectTcp("127.0.0.1", port));

        assertThat(e.call()).isEqualTo("connect");
        assertThat(e.errno()).isEqualTo(Errno.ECONNREFUSED);
    }

    /** A socket file whose server is gone without removing it, as after a kill. */
    private Path deadSocket() throws IOException {
        Path path = directory.resolve("dead");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        return path;
    }
}
