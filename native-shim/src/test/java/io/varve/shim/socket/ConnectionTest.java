package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.varve.shim.IoVector;
import io.varve.shim.libc.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel gives a closed descriptor's number to the next connection: nobody may reach that through the old one. */
class ConnectionTest {

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final NativeMemory memory = NativeMemory.allocate(64);

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @Test
    void shouldNotReachAUnixConnectionThroughAClosedOne() throws Exception {
        Path path = directory.resolve("s");
        Listener listener = opened(Listener.unix(path));
        shouldNotReachASuccessor(listener, () -> Connection.connectUnix(path));
    }

    @Test
    void shouldNotReachATcpConnectionThroughAClosedOne() throws Exception {
        Listener listener = opened(Listener.tcp("127.0.0.1", 0));
        shouldNotReachASuccessor(listener, () -> Connection.connectTcp("127.0.0.1", listener.port()));
    }

    private void shouldNotReachASuccessor(Listener listener, Connector connector) throws Exception {
        opened(connector.connect());
        Connection old = opened(listener.accept());
        int number = old.fd();
        old.close();

        Connection[] pair = pairWithDescriptor(number, listener, connector);
        Connection successor = pair[0];
        Connection peer = pair[1];
        memory.buffer().putLong(0, 0x5EC2E7);
        assertThat(NativeSocket.send(peer.fd(), memory.address(), 8)).isEqualTo(8);

        assertThat(successor.fd()).isEqualTo(number);
        assertThatIllegalStateException().isThrownBy(old::fd).withMessageContaining("is closed");
        old.close();
        awaitReadable(successor);
        assertThat(NativeSocket.recv(successor.fd(), memory.address() + 8, 32)).isEqualTo(8);
        assertThat(memory.buffer().getLong(8)).isEqualTo(0x5EC2E7);
    }

    @Test
    void shouldNotSignalTheSuccessorOfAClosedWakeUp() throws Exception {
        WakeUp old = opened(new WakeUp());
        int number = old.fd();
        old.close();
        WakeUp successor = null;
        for (int i = 0; i < 64 && (successor == null || successor.fd() != number); i++) {
            successor = opened(new WakeUp());
        }
        assertThat(successor.fd()).isEqualTo(number);

        old.signal();
        old.close();

        try (Epoll epoll = new Epoll()) {
            epoll.add(successor.fd(), Epoll.READABLE, 1);
            assertThat(epoll.await(0)).isZero();
            successor.signal();
            assertThat(epoll.await(0)).isEqualTo(1);
        }
    }

    @Test
    void shouldNotAcceptFromTheSuccessorOfAClosedListener() throws Exception {
        Listener old = opened(Listener.unix(directory.resolve("old")));
        int number = old.fd();
        old.close();
        Path path = directory.resolve("new");
        Listener successor = opened(Listener.unix(path));
        // The directory that a listener locks while it binds has taken the lowest number, and gave it back.
        for (int i = 0; i < 64 && successor.fd() != number; i++) {
            path = directory.resolve("new" + i);
            successor = opened(Listener.unix(path));
        }
        assertThat(successor.fd()).isEqualTo(number);
        opened(Connection.connectUnix(path));

        assertThatIllegalStateException().isThrownBy(old::accept);
        assertThatIllegalStateException().isThrownBy(old::fd);

        assertThat(opened(successor.accept())).isNotNull();
    }

    /** @return a connection with the descriptor and its peer; the descriptor is free, so it is among the next few */
    private Connection[] pairWithDescriptor(int number, Listener listener, Connector connector) throws Exception {
        for (int i = 0; i < 64; i++) {
            Connection client = opened(connector.connect());
            Connection server = opened(listener.accept());
            if (server.fd() == number) {
                return new Connection[] {server, client};
            }
            if (client.fd() == number) {
                return new Connection[] {client, server};
            }
        }
        throw new AssertionError("descriptor " + number + " was not given out again");
    }

    private static void awaitReadable(Connection connection) throws Exception {
        try (Epoll epoll = new Epoll()) {
            epoll.add(connection.fd(), Epoll.READABLE, 0);
            assertThat(epoll.await(10_000)).isEqualTo(1);
        }
    }

    @Test
    void shouldTellWhoIsAtTheOtherEnd() throws Exception {
        Path path = directory.resolve("s");
        Listener unix = opened(Listener.unix(path));
        opened(Connection.connectUnix(path));
        assertThat(opened(unix.accept()).peer()).startsWith("pid " + ProcessHandle.current().pid() + ", uid ");

        Listener tcp = opened(Listener.tcp("127.0.0.1", 0));
        Connection client = opened(Connection.connectTcp("127.0.0.1", tcp.port()));
        assertThat(client.peer()).isEqualTo("127.0.0.1:" + tcp.port());
        assertThat(opened(tcp.accept()).peer()).matches("127\\.0\\.0\\.1:\\d+");
    }

    @Test
    void shouldBeNonBlocking() throws Exception {
        Path path = directory.resolve("s");
        Listener listener = opened(Listener.unix(path));
        Connection client = opened(Connection.connectUnix(path));
        Connection server = opened(listener.accept());
        NativeMemory large = NativeMemory.allocate(1 << 20);
        IoVector vector = new IoVector(1);
        vector.set(0, large.address(), 1 << 20);

        for (Connection each : List.of(client, server)) {
            int count = 0;
            while (NativeSocket.writev(each.fd(), vector.address(), 1) != NativeSocket.WOULD_BLOCK) {
                assertThat(++count).isLessThan(1000);
            }
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }

    @FunctionalInterface
    private interface Connector {
        Connection connect() throws Exception;
    }
}
