package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.ProcessFigures;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are slow or greedy on purpose, on the same agent as one that behaves. */
class HostileClientsIT {

    private static final int LARGEST = (int) (32 * RawImages.MIB);
    private static final int GREEDY_REQUESTS = 100;
    private static final int GOOD_REQUESTS = 2_000;
    private static final int EINVAL = 22;
    private static final int ENOSPC = 28;
    private static final long SEED = 87;
    /** One slot of 64 MiB that replies wait in, one that a payload is received in, and what the collector leaves. */
    private static final long MAX_GROWTH = 256 * RawImages.MIB;

    @TempDir
    Path directory;

    @Test
    void shouldCostBoundedMemoryAndNobodyElse() throws Exception {
        ScheduledExecutorService drip = Executors.newSingleThreadScheduledExecutor();
        try (Served served = Served.mixed(directory, 48 * RawImages.MIB, SEED, "--agents", "1");
                NbdClient good = served.daemon().connect("disk@good");
                SocketChannel deaf = served.daemon().openSocket();
                SocketChannel slow = served.daemon().openSocket();
                SocketChannel boastful = served.daemon().openSocket()) {
            byte[] expected = RawImages.read(served.raw(), 0, 4096);
            long aloneNs = slowestOf(good, expected);
            ProcessFigures before = ProcessFigures.of(served.daemon().pid());

            readAndNeverListen(deaf);
            NbdClient.connect(slow, RawRequests.options("disk@slow"));
            RawRequests.send(slow, NbdProtocol.CMD_WRITE, 0, LARGEST);
            drip.scheduleAtFixedRate(() -> dropByte(slow), 0, 1, TimeUnit.SECONDS);
            announceFourGigabytes(boastful);
            long besideNs = slowestOf(good, expected);

            ProcessFigures beside = ProcessFigures.of(served.daemon().pid());
            System.out.println("hostile: slowest of " + GOOD_REQUESTS + " reads alone " + aloneNs / 1000
                    + " us, beside them " + besideNs / 1000 + " us");
            System.out.println("hostile: before " + before + "; beside them " + beside);
            assertThat(beside.rssLength()).isLessThan(before.rssLength() + MAX_GROWTH);
            assertThat(served.varve().run("status", "--json").json().at("connections").all()).hasSize(4);
        } finally {
            drip.shutdownNow();
        }
    }

    private static long slowestOf(NbdClient client, byte[] expected) throws IOException {
        long slowestNs = 0;
        for (int i = 0; i < GOOD_REQUESTS; i++) {
            long startNs = System.nanoTime();
            byte[] bytes = client.read(0, expected.length);
            slowestNs = Math.max(slowestNs, System.nanoTime() - startNs);
            assertThat(bytes).isEqualTo(expected);
        }
        return slowestNs;
    }

    private static void readAndNeverListen(SocketChannel channel) throws IOException {
        NbdClient.connect(channel, RawRequests.options("disk@deaf"));
        for (int i = 0; i < GREEDY_REQUESTS; i++) {
            RawRequests.send(channel, NbdProtocol.CMD_READ, 0, LARGEST);
        }
    }

    /** The server refuses, and would throw away what follows; the connection stays. */
    private static void announceFourGigabytes(SocketChannel channel) throws IOException {
        NbdClient.connect(channel, ClientOptions.simple("disk@boastful"));
        RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, -1);
        channel.write(ByteBuffer.allocate(1000));
        ByteBuffer reply = ByteBuffer.allocate(16);
        while (reply.hasRemaining()) {
            assertThat(channel.read(reply)).isPositive();
        }
        // ENOSPC where the end is beyond the disk, EINVAL where the length is; both refuse it.
        assertThat(reply.getInt(4)).isIn(EINVAL, ENOSPC);
    }

    private static void dropByte(SocketChannel channel) {
        try {
            channel.write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            throw new IllegalStateException("the server hung up, no more bytes", e);
        }
    }
}
