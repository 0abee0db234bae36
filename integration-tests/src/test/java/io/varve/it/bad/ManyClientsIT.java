package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred clients at once on two agents, among them some that do not do their part. */
class ManyClientsIT {

    private static final int CLIENT_COUNT = 200;
    private static final int ROUNDS = 10;
    private static final int LENGTH = 16384;
    private static final long SIZE = 16 * RawImages.MIB;
    private static final long SEED = 81;

    @TempDir
    Path directory;

    private final CyclicBarrier start = new CyclicBarrier(CLIENT_COUNT);

    @Test
    void shouldServeEverybodyWhileOthersStall() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CLIENT_COUNT);
        try (Served served = Served.mixed(directory, SIZE, SEED, "--agents", "2");
                SocketChannel stalling = served.daemon().openSocket();
                SocketChannel deaf = served.daemon().openSocket()) {
            stallInsideARequest(served, stalling);
            neverReadReplies(served, deaf);
            List<Callable<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENT_COUNT; i++) {
                int number = i;
                clients.add(() -> readAndWrite(served, number));
            }
            for (Future<Void> client : threads.invokeAll(clients, 5, TimeUnit.MINUTES)) {
                client.get();
            }
            assertThat(stalling.isConnected() && deaf.isConnected()).isTrue();
        } finally {
            threads.shutdownNow();
        }
    }

    /** Some have a name, some have none; all see the image below their own writes. */
    private Void readAndWrite(Served served, int number) throws Exception {
        Random random = new Random(SEED + number);
        String export = number % 4 == 0 ? "disk" : "disk@client-" + number;
        byte[] own = new byte[LENGTH];
        Arrays.fill(own, (byte) (number + 1));
        start.await(2, TimeUnit.MINUTES);
        try (NbdClient client = served.daemon().connect(export)) {
            for (int round = 0; round < ROUNDS; round++) {
                // Even slots are written, odd ones only read.
                long slot = 2L * random.nextInt((int) (SIZE / LENGTH / 2));
                client.write(slot * LENGTH, own);
                assertThat(client.read(slot * LENGTH, LENGTH)).as("client %d", number).isEqualTo(own);
                assertThat(client.read((slot + 1) * LENGTH, LENGTH))
                        .as("client %d", number)
                        .isEqualTo(RawImages.read(served.raw(), (slot + 1) * LENGTH, LENGTH));
            }
            client.flush();
            client.disconnect();
        }
        return null;
    }

    /** A WRITE of 1 MiB of which 100 bytes arrive. */
    private static void stallInsideARequest(Served served, SocketChannel channel) throws IOException {
        NbdClient client = NbdClient.connect(channel, RawRequests.options("disk@stalling"));
        assertThat(client.read(0, 512)).hasSize(512);
        RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, RawImages.MIB);
        channel.write(ByteBuffer.allocate(100));
    }

    /** As many READs as the server takes before it stops listening. */
    private static void neverReadReplies(Served served, SocketChannel channel) throws IOException {
        NbdClient.connect(channel, RawRequests.options("disk@deaf"));
        channel.configureBlocking(false);
        int sent = 0;
        while (sent < 10_000 && RawRequests.send(channel, NbdProtocol.CMD_READ, 0, RawImages.MIB)) {
            sent++;
        }
        assertThat(sent).isGreaterThan(10);
    }
}
