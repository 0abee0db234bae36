package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.NativeMemory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SendQueueTest {

    @TempDir
    private Path directory;

    private final NativeMemory memory = NativeMemory.allocate(4096);
    private final SendQueue queue = new SendQueue();

    @Test
    void shouldCountWhatThePeerHasNotRead() throws Exception {
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path);
                Connection server = listener.accept()) {
            assertThat(queue.length(server.fd())).isZero();

            NativeSocket.send(server.fd(), memory.address(), 4096);
            assertThat(queue.length(server.fd())).isBetween(4096, 16 * 1024);
            assertThat(queue.length(client.fd())).as("the other direction").isZero();

            NativeSocket.recv(client.fd(), memory.address(), 4096);
            assertThat(queue.length(server.fd())).isZero();
        }
    }

    @Test
    void shouldSayWhatTheKernelSaid() {
        NativeException e = catchThrowableOfType(NativeException.class, () -> queue.length(-1));

        assertThat(e.errno()).isEqualTo(Errno.EBADF);
    }
}
