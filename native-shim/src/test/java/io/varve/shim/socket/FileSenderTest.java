package io.varve.shim.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.NativeMemory;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSenderTest {

    private static final int LENGTH = 1 << 20;

    @TempDir
    private Path directory;

    private final byte[] content = new byte[LENGTH];
    private final NativeMemory memory = NativeMemory.allocate(64 * 1024);
    private final FileSender sender = new FileSender();
    private int file;

    @BeforeEach
    void write() throws Exception {
        new Random(5).nextBytes(content);
        Path path = directory.resolve("f");
        Files.write(path, content);
        file = NativeFile.open(path.toString(), NativeFile.O_RDONLY, 0);
    }

    @AfterEach
    void close() throws Exception {
        NativeFile.close(file);
    }

    @Test
    void shouldSendFromAnyPlaceAndStopWhenThePeerTakesNoMore() throws Exception {
        Path path = directory.resolve("s");
        try (Listener listener = Listener.unix(path);
                Connection client = Connection.connectUnix(path);
                Connection server = listener.accept()) {
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            int from = 4097;
            int sent = 0;
            boolean stopped = false;
            while (from + sent < LENGTH) {
                int count = sender.send(server.fd(), file, from + sent, LENGTH - from - sent);
                if (count == NativeSocket.WOULD_BLOCK) {
                    stopped = true;
                    receiveAll(client, received);
                } else {
                    sent += count;
                }
            }
            receiveAll(client, received);

            assertThat(stopped).as("a megabyte is more than a socket holds").isTrue();
            assertThat(received.toByteArray()).isEqualTo(Arrays.copyOfRange(content, from, LENGTH));
            assertThat(sender.send(server.fd(), file, LENGTH, 1)).as("behind the end").isZero();
        }
    }

    private void receiveAll(Connection client, ByteArrayOutputStream received) throws NativeException {
        byte[] piece = new byte[64 * 1024];
        while (true) {
            int count = NativeSocket.recv(client.fd(), memory.address(), piece.length);
            if (count == NativeSocket.WOULD_BLOCK) {
                return;
            }
            memory.buffer().get(0, piece, 0, count);
            received.write(piece, 0, count);
        }
    }

    @Test
    void shouldSayWhatTheKernelSaid() {
        NativeException e = catchThrowableOfType(NativeException.class, () -> sender.send(-1, file, 0, 1));

        assertThat(e.errno()).isEqualTo(Errno.EBADF);
    }
}
