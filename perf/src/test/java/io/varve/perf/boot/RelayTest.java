package io.varve.perf.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RelayTest {

    private static final long SEED = 17;

    private final InetAddress here = InetAddress.getLoopbackAddress();

    @Test
    void shouldPassWhatIsSaidBothWaysAndTheEnd() throws Exception {
        byte[] question = random(300_000);
        byte[] answer = random(3_000_000);
        try (ServerSocket server = new ServerSocket(0, 1, here);
                Relay relay = relay(server, 2, 100_000_000)) {
            CompletableFuture<byte[]> heard = CompletableFuture.supplyAsync(() -> serve(server, answer));
            try (Socket client = new Socket(here, relay.port())) {
                client.getOutputStream().write(question);
                client.shutdownOutput();
                assertThat(client.getInputStream().readAllBytes()).as("seed %d", SEED).isEqualTo(answer);
            }
            assertThat(heard.get(30, TimeUnit.SECONDS)).as("seed %d", SEED).isEqualTo(question);
            assertThat(relay.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldBeNoFasterThanItsDelayAndItsRate() throws Exception {
        byte[] answer = random(200_000);
        try (ServerSocket server = new ServerSocket(0, 1, here);
                Relay relay = relay(server, 40, 1_000_000)) {
            CompletableFuture<byte[]> heard = CompletableFuture.supplyAsync(() -> serve(server, answer));
            long startNs = System.nanoTime();
            try (Socket client = new Socket(here, relay.port())) {
                client.shutdownOutput();
                client.getInputStream().readAllBytes();
            }
            // 40 ms for the handshake, half of that on the way back, as the server speaks unasked, 200 for the bytes.
            assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(260));
            heard.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldGoOnWhenAClientIsGone() throws Exception {
        byte[] answer = random(20_000_000);
        try (ServerSocket server = new ServerSocket(0, 1, here); Relay relay = relay(server, 0, 0)) {
            for (int i = 0; i < 3; i++) {
                CompletableFuture<byte[]> heard = CompletableFuture.supplyAsync(() -> serve(server, answer));
                try (Socket client = new Socket(here, relay.port())) {
                    client.setSoLinger(true, 0);
                    client.getInputStream().read();
                }
                heard.handle((bytes, broken) -> true).get(30, TimeUnit.SECONDS);
            }
            assertThat(relay.connections()).isEqualTo(3);
        }
    }

    private Relay relay(ServerSocket server, int delayMs, long bytesPerSecond) throws IOException {
        return new Relay(new InetSocketAddress(here, server.getLocalPort()), delayMs, bytesPerSecond);
    }

    /** Answers one client, and returns what it said. */
    private static byte[] serve(ServerSocket server, byte[] answer) {
        try (Socket socket = server.accept(); InputStream in = socket.getInputStream()) {
            CompletableFuture<byte[]> heard = CompletableFuture.supplyAsync(() -> readAll(in));
            socket.getOutputStream().write(answer);
            socket.shutdownOutput();
            return heard.join();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] readAll(InputStream in) {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(SEED).nextBytes(bytes);
        return bytes;
    }
}
