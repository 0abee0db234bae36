package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.shim.Errno;
import io.varve.shim.MemoryView;
import io.varve.shim.NativeException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerTest {

    @TempDir
    private Path directory;

    @Test
    void shouldKnowTheUserOfAUnixSocket() throws Exception {
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path);
                Connection server = listener.accept()) {
            int ours = (int) Files.getAttribute(path, "unix:uid");

            assertThat(server.peerUid()).isEqualTo(ours);
            assertThat(NativeSocket.peerUid(server.fd())).isEqualTo(ours);
            assertThat(NativeSocket.peerUid(client.fd())).isEqualTo(ours);
            assertThat(server.peerAddress()).isEmpty();
            assertThat(server.peer())
                    .isEqualTo("pid " + ProcessHandle.current().pid() + ", uid " + ours);
        }
    }

    @Test
    void shouldKnowTheAddressAndNoUserOfTcp() throws Exception {
        try (Listener listener = Listener.tcp("127.0.0.1", 0);
                Connection client = Connection.connectTcp("127.0.0.1", listener.port());
                Connection server = listener.accept()) {
            assertThat(server.peerAddress()).isEqualTo("127.0.0.1");
            assertThat(server.peer()).startsWith("127.0.0.1:");
            assertThat(client.peerAddress()).isEqualTo("127.0.0.1");
            assertThat(server.peerUid()).isEqualTo(-1);
            assertThat(NativeSocket.peerUid(server.fd())).isEqualTo(-1);
        }
    }

    @Test
    void shouldTellTheSameAddressOfAnIpv4ClientOfAnIpv6Listener() throws Exception {
        InternetAddress mapped = new InternetAddress(InetAddress.getByName("fd00::12"), 10809);
        ByteBuffer bytes = MemoryView.over(mapped.address(), mapped.size());
        bytes.put(8, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 1, 2, 3});

        assertThat(mapped.hostText()).isEqualTo("10.1.2.3");
        assertThat(mapped).hasToString("10.1.2.3:10809");
    }

    @Test
    void shouldFailForADescriptorThatIsNone() {
        assertThatThrownBy(() -> NativeSocket.peerUid(-1))
                .isInstanceOfSatisfying(NativeException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
    }
}
