package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.Libc;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Descriptors that another listener bound stand for those that another process bound. */
class InheritedSocketsTest {

    private static final int F_DUPFD = 0;

    @TempDir
    private Path directory;

    private static int duplicate(int fd) {
        return Libc.sockets().fcntl(fd, F_DUPFD, 3);
    }

    @Test
    void shouldAcceptOnAUnixSocketAndLeaveItsFile() throws Exception {
        Path path = directory.resolve("s");
        try (Listener bound = Listener.unix(path)) {
            Listener inherited = Listener.inherited(duplicate(bound.fd()));
            assertThat(inherited.address()).isEqualTo("unix://" + path);
            assertThat(inherited.port()).isEqualTo(-1);
            assertThat(inherited.accept()).isNull();
            try (Connection client = Connection.connectUnix(path);
                    Connection server = inherited.accept()) {
                assertThat(server.peer()).startsWith("pid " + ProcessHandle.current().pid());
                assertThat(server.peerUid()).isEqualTo(NativeSocket.peerUid(client.fd()));
                assertThat(server.peerAddress()).isEmpty();
            }

            inherited.close();
            inherited.close();

            assertThat(path).exists();
            assertThatThrownBy(inherited::fd).isInstanceOf(IllegalStateException.class);
            Connection.connectUnix(path).close();
        }
    }

    @Test
    void shouldAcceptOnATcpSocket() throws Exception {
        try (Listener bound = Listener.tcp("127.0.0.1", 0);
                Listener inherited = Listener.inherited(duplicate(bound.fd()))) {
            assertThat(inherited.address()).isEqualTo(bound.address());
            assertThat(inherited.port()).isEqualTo(bound.port());
            try (Connection client = Connection.connectTcp("127.0.0.1", bound.port());
                    Connection server = inherited.accept()) {
                assertThat(server.peerAddress()).isEqualTo(client.peerAddress());
            }
        }
    }

    @Test
    void shouldSayWhatADescriptorIsInstead() throws Exception {
        assertThatThrownBy(() -> Listener.inherited(1_000_000))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("descriptor 1000000: it is not open");
        int file = NativeFile.open(directory.toString(), NativeFile.O_RDONLY, 0);
        try {
            assertThatThrownBy(() -> Listener.inherited(file)).hasMessageContaining("it is no socket");
        } finally {
            NativeFile.close(file);
        }
        Path path = directory.resolve("s");
        try (Listener bound = Listener.unix(path);
                Connection client = Connection.connectUnix(path)) {
            assertThat(bound.port()).isEqualTo(-1);
            assertThatThrownBy(() -> Listener.inherited(client.fd())).hasMessageContaining("does not listen");
        }
    }
}
