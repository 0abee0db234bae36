package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM while clients have requests in flight, and a second one while that takes its time. */
class StopIT {

    private static final int REQUEST_COUNT = 200;
    private static final int LENGTH = 64 * 1024;
    private static final int REPLY_LENGTH = 16;
    private static final int ESHUTDOWN = 108;
    private static final int ENDED_BY_SIGTERM = 128 + 15;
    private static final long SIZE = 16 * RawImages.MIB;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void shouldFinishWhatIsInFlightAndKeepIt() throws Exception {
        try (Served served = Served.mixed(directory, SIZE, 84)) {
            List<Integer> written = new ArrayList<>();
            try (SocketChannel channel = served.daemon().openSocket()) {
                NbdClient.connect(channel, ClientOptions.simple("disk@writer"));
                for (int i = 0; i < REQUEST_COUNT; i++) {
                    write(channel, i);
                }
                // At least one is answered, so the daemon is at work on the others.
                written.add(reply(channel));
                Tool.run("kill", "-TERM", served.daemon().pid());
                for (int slot = reply(channel); slot != -1; slot = reply(channel)) {
                    written.add(slot);
                }
            }
            assertThat(served.daemon().awaitEnd()).as("exit code").isZero();
            System.out.println("stop: " + written.size() + " of " + REQUEST_COUNT + " writes were done before it");

            served.restart();
            try (NbdClient client = served.daemon().connect("disk@writer")) {
                for (int slot : written) {
                    assertThat(client.read((long) slot * LENGTH, LENGTH)).containsOnly((byte) (slot + 1));
                }
            }
        }
    }

    /** Every write is to be on disk when it is answered; slot {@code i} is full of {@code i + 1}. */
    private static void write(SocketChannel channel, int i) throws IOException {
        ByteBuffer request = ByteBuffer.allocate(28 + LENGTH).putInt(NbdProtocol.REQUEST_MAGIC)
                .putShort((short) NbdProtocol.CMD_FLAG_FUA).putShort((short) NbdProtocol.CMD_WRITE)
                .putLong(i).putLong((long) i * LENGTH).putInt(LENGTH);
        while (request.hasRemaining()) {
            request.put((byte) (i + 1));
        }
        for (request.flip(); request.hasRemaining();) {
            channel.write(request);
        }
    }

    /** @return slot that was written; -1 when the server has nothing more to say, or refuses because it stops */
    private static int reply(SocketChannel channel) throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(REPLY_LENGTH);
        while (reply.hasRemaining()) {
            int count;
            try {
                count = channel.read(reply);
            } catch (IOException e) {
                // It stopped with requests of ours unread.
                assertThat(e).hasMessageContaining("reset");
                return -1;
            }
            if (count < 0) {
                return -1;
            }
        }
        int error = reply.getInt(4);
        assertThat(error).isIn(0, ESHUTDOWN);
        return error == 0 ? (int) reply.getLong(8) : reply(channel);
    }

    @Test
    void shouldEndAtOnceAtTheSecondSignal() throws Exception {
        try (Served served = Served.mixed(directory, SIZE, 85);
                SocketChannel channel = served.daemon().openSocket()) {
            NbdClient.connect(channel, RawRequests.options("disk@slow"));
            RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, RawImages.MIB);
            channel.write(ByteBuffer.allocate(100));
            assertThat(served.varve().run("status", "--json").json().at("connections").all()).hasSize(1);

            Tool.run("kill", "-TERM", served.daemon().pid());
            Await.until("the daemon to accept no more", PATIENCE,
                    () -> Files.notExists(served.daemon().socket()), () -> served.daemon().log());

            assertThat(served.daemon().stop()).isEqualTo(ENDED_BY_SIGTERM);
        }
    }
}
