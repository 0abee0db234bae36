package io.varve.it.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.remote.HttpOrigin;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.daemon.remote.OriginTimeouts;
import io.varve.it.tool.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk on a web server that somebody else wrote. */
@Timeout(120)
class HttpOriginIT {

    private static final long SEED = 11;

    @TempDir
    Path directory;

    private final byte[] content = new byte[5 << 20];
    private Process server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        new Random(SEED).nextBytes(content);
        Files.write(directory.resolve("disk"), content);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        server = new ProcessBuilder("busybox", "httpd", "-f", "-p", "127.0.0.1:" + port, "-h", directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Await.until("an answer of busybox", Duration.ofSeconds(20), this::answers, server::toString);
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.destroyForcibly().waitFor();
    }

    private HttpOrigin open(String file) throws IOException {
        return HttpOrigin.open(
                "http://127.0.0.1:" + port + "/" + file, HttpOrigin.newClient(OriginTimeouts.DEFAULT),
                OriginTimeouts.DEFAULT, InstantSource.system());
    }

    private void assertReads(HttpOrigin origin, int position, int length) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        origin.read(position, buffer, 0, length, Urgency.DEMAND);
        byte[] found = new byte[length];
        buffer.getBytes(0, found);
        assertThat(Arrays.equals(found, 0, length, content, position, position + length))
                .as("%d bytes at %d", length, position)
                .isTrue();
    }

    @Test
    void shouldReadAnyRangeOfAFile() throws IOException {
        try (HttpOrigin origin = open("disk")) {
            assertThat(origin.identity().size()).isEqualTo(content.length);
            assertReads(origin, 0, content.length);
            Random random = new Random(SEED);
            for (int i = 0; i < 50; i++) {
                int length = 1 + random.nextInt(200_000);
                assertReads(origin, 1 + random.nextInt(content.length - length), length);
            }
        }
    }

    @Test
    void shouldNoticeThatTheFileWasReplaced() throws IOException {
        try (HttpOrigin origin = open("disk")) {
            assertThat(origin.identity().validator()).isNotEmpty();
            Path other = directory.resolve("other");
            Files.write(other, Arrays.copyOf(content, content.length + 512));
            Files.move(other, directory.resolve("disk"), StandardCopyOption.REPLACE_EXISTING);
            OriginException failure = catchThrowableOfType(
                    OriginException.class, () -> assertReads(origin, 65_536, 65_536));
            assertThat(failure.kind()).isEqualTo(Kind.CHANGED);
            Files.delete(directory.resolve("disk"));
            failure = catchThrowableOfType(OriginException.class, () -> assertReads(origin, 65_536, 65_536));
            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(failure).hasMessageEndingWith("the server answers 404");
        }
    }

    @Test
    void shouldSayThatThereIsNoSuchFile() {
        OriginException failure = catchThrowableOfType(OriginException.class, () -> open("nothing"));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure).hasMessageEndingWith("/nothing, bytes 0-511: the server answers 404");
    }
}
