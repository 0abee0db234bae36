package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.IoVector;
import io.varve.shim.NativeException;
import io.varve.shim.libc.NativeMemory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeSocketTest {

    private static final int LENGTH = 64 * 1024;

    @TempDir
    private Path directory;

    private final NativeMemory memory = NativeMemory.allocate(LENGTH);
    private Listener listener;
    private Connection client;
    private Connection server;

    @BeforeEach
    void connect() throws Exception {
        Path path = directory.resolve("s");
        listener = Listener.unix(path);
        client = Connection.connectUnix(path);
        server = listener.accept();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        listener.close();
    }

    @Test
    void shouldCarryBytes() throws Exception {
        put(0, "ping");

        assertThat(NativeSocket.send(client.fd(), memory.address(), 4)).isEqualTo(4);
        assertThat(NativeSocket.recv(server.fd(), memory.address() + 100, 50)).isEqualTo(4);
        assertThat(text(100, 4)).isEqualTo("ping");
    }

    @Test
    void shouldNotWaitForBytes() throws Exception {
        assertThat(NativeSocket.recv(server.fd(), memory.address(), 50)).isEqualTo(NativeSocket.WOULD_BLOCK);
    }

    @Test
    void shouldNotWaitForRoom() throws Exception {
        NativeSocket.setSendBuffer(client.fd(), 4096);
        int sends = 0;
        while (NativeSocket.send(client.fd(), memory.address(), LENGTH) != NativeSocket.WOULD_BLOCK) {
            assertThat(++sends).isLessThan(1000);
        }
        IoVector vector = new IoVector(1);
        vector.set(0, memory.address(), LENGTH);

        assertThat(NativeSocket.writev(client.fd(), vector.address(), 1)).isEqualTo(NativeSocket.WOULD_BLOCK);
    }

    @Test
    void shouldGatherInOneCall() throws Exception {
        put(0, "header");
        put(1000, "payload");
        IoVector vector = new IoVector(3);
        vector.set(1, memory.address(), 6);
        vector.set(2, memory.address() + 1000, 7);

        assertThat(NativeSocket.writev(client.fd(), vector.address(1), 2)).isEqualTo(13);
        assertThat(NativeSocket.recv(server.fd(), memory.address() + 2000, 100)).isEqualTo(13);
        assertThat(text(2000, 13)).isEqualTo("headerpayload");
    }

    @Test
    void shouldTellTheEnd() throws Exception {
        client.close();

        assertThat(NativeSocket.recv(server.fd(), memory.address(), 50)).isEqualTo(NativeSocket.END);
    }

    @Test
    void shouldEndBothDirectionsOnShutdown() throws Exception {
        NativeSocket.shutdown(server.fd());
        NativeSocket.shutdown(server.fd());

        assertThat(NativeSocket.recv(server.fd(), memory.address(), 50)).isEqualTo(NativeSocket.END);
        assertThat(NativeSocket.recv(client.fd(), memory.address(), 50)).isEqualTo(NativeSocket.END);
    }

    @Test
    void shouldFailWithAnErrnoInsteadOfASignalWhenThePeerIsGone() {
        server.close();
        IoVector vector = new IoVector(1);
        vector.set(0, memory.address(), 1);

        NativeException sent = catchThrowableOfType(
                NativeException.class, () -> NativeSocket.send(client.fd(), memory.address(), 1));
        NativeException gathered = catchThrowableOfType(
                NativeException.class, () -> NativeSocket.writev(client.fd(), vector.address(), 1));

        assertThat(sent.call()).isEqualTo("send");
        assertThat(sent.errno()).isEqualTo(Errno.EPIPE);
        assertThat(gathered.call()).isEqualTo("writev");
        assertThat(gathered.errno()).isEqualTo(Errno.EPIPE);
    }

    @Test
    void shouldTellAResetFromAnEnd() throws Exception {
        NativeSocket.send(client.fd(), memory.address(), 1);
        server.close();

        NativeException e = catchThrowableOfType(
                NativeException.class, () -> NativeSocket.recv(client.fd(), memory.address(), 1));

        assertThat(e.errno()).isEqualTo(Errno.ECONNRESET);
    }

    @Test
    void shouldTakeOptionsOnBothKindsOfSocket() throws Exception {
        NativeSocket.setNoDelay(client.fd());
        NativeSocket.setSendBuffer(client.fd(), 1 << 20);
        NativeSocket.setReceiveBuffer(client.fd(), 1 << 20);
        try (Listener tcp = Listener.tcp("127.0.0.1", 0);
                Connection tcpClient = Connection.connectTcp("127.0.0.1", tcp.port())) {
            NativeSocket.setNoDelay(tcpClient.fd());
            NativeSocket.setSendBuffer(tcpClient.fd(), 1 << 20);
            NativeSocket.setReceiveBuffer(tcpClient.fd(), 1 << 20);
        }
        NativeException e = catchThrowableOfType(NativeException.class, () -> NativeSocket.setSendBuffer(-1, 4096));
        assertThat(e.errno()).isEqualTo(Errno.EBADF);
        e = catchThrowableOfType(NativeException.class, () -> NativeSocket.setNoDelay(-1));
        assertThat(e.errno()).isEqualTo(Errno.EBADF);
    }

    private void put(int index, String text) {
        memory.buffer().put(index, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String text(int index, int length) {
        byte[] bytes = new byte[length];
        memory.buffer().get(index, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
