package io.varve.perf.scale;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.perf.macro.Waiting;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/**
 * Clients that stay connected.
 *
 * <p>Owned by the main thread.
 */
final class Crowd implements AutoCloseable {
    /** Enough that opening takes no longer than the machine needs, few enough that it does not queue much. */
    private static final int OPENING_THREADS = 2;
    private static final int READ_LENGTH = 4096;
    private static final double NS_PER_MS = 1e6;

    private final UnixDomainSocketAddress address;
    private final IntFunction<String> exports;
    private final Pages pages;
    private final List<NbdClient> clients = new ArrayList<>();
    private int turn;

    /** Where clients read. */
    @FunctionalInterface
    interface Pages {
        /** @return an offset, a multiple of 4096 */
        long offset(int count);
    }

    /**
     * @param exports name of the export of each client, counted from 0
     * @param pages   offsets to be read, by the number of the read
     */
    Crowd(Path socket, IntFunction<String> exports, Pages pages) {
        this.address = UnixDomainSocketAddress.of(socket);
        this.exports = exports;
        this.pages = pages;
    }

    /** Connects clients until there are so many. @return what each took to its first byte, in ms, in order of size */
    double[] growTo(int count) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(OPENING_THREADS);
        try {
            List<Future<Opened>> opening = new ArrayList<>();
            for (int i = clients.size(); i < count; i++) {
                int client = i;
                opening.add(threads.submit(() -> open(client)));
            }
            double[] tookMs = new double[opening.size()];
            for (int i = 0; i < tookMs.length; i++) {
                Opened opened = opening.get(i).get();
                clients.add(opened.client);
                tookMs[i] = opened.tookNs / NS_PER_MS;
            }
            Arrays.sort(tookMs);
            return tookMs;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private record Opened(NbdClient client, long tookNs) {
    }

    private Opened open(int index) throws IOException {
        long startNs = System.nanoTime();
        NbdClient client = NbdClient.connect(
                SocketChannel.open(address), ClientOptions.structured(exports.apply(index)));
        client.read(pages.offset(index), READ_LENGTH);
        return new Opened(client, System.nanoTime() - startNs);
    }

    /** The first to have come. */
    NbdClient first() {
        return clients.get(0);
    }

    /** Reads as fast as one client can, one page at a time. */
    void read(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            first().read(pages.offset(i), READ_LENGTH);
        }
    }

    /**
     * Single pages at a steady pace, by one client after the other.
     *
     * @return nanoseconds that each took, in order of size
     */
    long[] readSteadily(int count, int perSecond) throws IOException {
        long[] tookNs = new long[count];
        long startNs = System.nanoTime();
        for (int i = 0; i < count; i++) {
            Waiting.untilTime(startNs + i * 1_000_000_000L / perSecond);
            long readNs = System.nanoTime();
            clients.get(turn++ % clients.size()).read(pages.offset(turn), READ_LENGTH);
            tookNs[i] = System.nanoTime() - readNs;
        }
        Arrays.sort(tookNs);
        return tookNs;
    }

    /** Takes leave. */
    @Override
    public void close() throws IOException {
        for (NbdClient client : clients) {
            try (NbdClient leaving = client) {
                leaving.disconnect();
            }
        }
        clients.clear();
    }
}
