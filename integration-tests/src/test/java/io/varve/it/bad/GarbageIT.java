package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that sends garbage, stalls or vanishes is its own problem: its neighbour on the same agent reads on. */
class GarbageIT {

    private static final long SEED = 91;

    @TempDir
    static Path directory;

    private static Served served;
    private static NbdClient neighbour;

    @BeforeAll
    static void serve() throws IOException {
        served = Served.mixed(directory, 16 * RawImages.MIB, SEED, "--agents", "1");
        neighbour = served.daemon().connect("disk@neighbour");
    }

    @AfterAll
    static void stop() throws IOException {
        neighbour.disconnect();
        served.close();
    }

    private static void assertNeighbourIsFine() throws IOException {
        assertThat(neighbour.read(RawImages.MIB, 100_000))
                .isEqualTo(RawImages.read(served.raw(), RawImages.MIB, 100_000));
        neighbour.write(0, new byte[] {1, 2, 3});
        neighbour.flush();
        try (NbdClient newcomer = served.daemon().connect("disk")) {
            assertThat(newcomer.read(0, 512)).isEqualTo(RawImages.read(served.raw(), 0, 512));
            newcomer.disconnect();
        }
    }

    /** Reads until the server closes. */
    private static void assertHungUp(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        ByteBuffer answer = ByteBuffer.allocate(65536);
        Await.until("the server to hang up", Duration.ofSeconds(30), () -> {
            try {
                return channel.read(answer.clear()) < 0;
            } catch (IOException e) {
                return true; // reset: it hung up with our bytes unread
            }
        }, served.daemon()::log);
    }

    @Test
    void shouldSurviveRandomBytesInsteadOfAHandshake() throws IOException {
        Random random = new Random(SEED);
        for (int round = 0; round < 50; round++) {
            byte[] garbage = new byte[1 + random.nextInt(5000)];
            random.nextBytes(garbage);
            try (SocketChannel channel = served.daemon().openSocket()) {
                write(channel, garbage);
            }
        }
        assertNeighbourIsFine();
    }

    @Test
    void shouldSurviveGarbageOptions() throws IOException {
        for (int length : new int[] {0, 1, 4096, Integer.MAX_VALUE, -1}) {
            for (int option : new int[] {0, 3, 6, 7, 8, 9, 10, 12345}) {
                try (SocketChannel channel = served.daemon().openSocket()) {
                    ByteBuffer bytes = ByteBuffer.allocate(4 + 16 + 100)
                            .putInt(3).putLong(NbdProtocol.OPTION_MAGIC).putInt(option).putInt(length);
                    write(channel, bytes.array());
                }
            }
        }
        assertNeighbourIsFine();
    }

    @Test
    void shouldHangUpOnARequestThatIsNone() throws IOException {
        Random random = new Random(SEED);
        for (int round = 0; round < 20; round++) {
            byte[] garbage = new byte[28 + random.nextInt(200)];
            random.nextBytes(garbage);
            try (SocketChannel channel = served.daemon().openSocket()) {
                NbdClient.connect(channel, RawRequests.options("disk@garbage"));
                write(channel, garbage);
                assertHungUp(channel);
            }
        }
        assertNeighbourIsFine();
    }

    @Test
    void shouldNotBelieveAnAnnouncedLength() throws IOException {
        try (SocketChannel channel = served.daemon().openSocket()) {
            NbdClient.connect(channel, RawRequests.options("disk@boaster"));
            RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, -1);
            write(channel, new byte[100_000]);
            assertNeighbourIsFine();
        }
    }

    @Test
    void shouldNotWaitForThoseWhoStallInTheHandshake() throws IOException {
        List<SocketChannel> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                SocketChannel channel = served.daemon().openSocket();
                stalled.add(channel);
                if (i % 2 == 0) {
                    write(channel, new byte[] {0, 0});
                }
            }
            assertNeighbourIsFine();
        } finally {
            for (SocketChannel channel : stalled) {
                channel.close();
            }
        }
    }

    @Test
    void shouldForgetThoseWhoVanish() throws IOException {
        for (int round = 0; round < 50; round++) {
            try (SocketChannel channel = served.daemon().openSocket()) {
                NbdClient client = NbdClient.connect(channel, RawRequests.options("disk@vanishing"));
                for (int i = 0; i < round % 7; i++) {
                    client.submit(NbdProtocol.CMD_READ, 0, i * 65536L, 1_000_000);
                }
                client.submitWrite(0, new byte[65536], 0);
                RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, 65536);
                write(channel, new byte[1000]);
            }
        }
        assertNeighbourIsFine();
        // The overlay is free again: nothing of the vanished holds on to it.
        try (NbdClient again = served.daemon().connect("disk@vanishing")) {
            assertThat(again.read(0, 65536)).isEqualTo(new byte[65536]);
            again.disconnect();
        }
    }

    /** The server may hang up at any byte of it. */
    private static void write(SocketChannel channel, byte[] bytes) {
        try {
            channel.write(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            assertThat(e).hasMessageMatching("(?i).*(broken pipe|reset).*");
        }
    }
}
