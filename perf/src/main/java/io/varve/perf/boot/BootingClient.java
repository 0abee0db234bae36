package io.varve.perf.boot;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Waiting;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.Callable;

/**
 * A client that boots: thinks and reads as the trace says, checks what it gets, and stays connected.
 *
 * <p>Owned by the thread that calls it, then by the one that made it.
 */
final class BootingClient implements Callable<Played>, AutoCloseable {

    private final BootTrace trace;
    private final BootImage image;
    private final SocketAddress address;
    private final String exportName;
    private NbdClient client;
    private volatile int readCount;

    BootingClient(BootTrace trace, BootImage image, SocketAddress address, String exportName) {
        this.trace = trace;
        this.image = image;
        this.address = address;
        this.exportName = exportName;
    }

    /** @throws IOException if the server refuses the client, or fails one of its reads */
    @Override
    public Played call() throws IOException {
        long startNs = System.nanoTime();
        long waitedNs = 0;
        long longestNs = 0;
        int wrong = 0;
        client = NbdClient.connect(SocketChannel.open(address), ClientOptions.simple(exportName));
        long endNs = System.nanoTime();
        for (BootTrace.Read read : trace.reads()) {
            Waiting.untilTime(endNs + read.thinkNs());
            long readNs = System.nanoTime();
            byte[] data = client.read(read.offset(), read.length());
            endNs = System.nanoTime();
            waitedNs += endNs - readNs;
            longestNs = Math.max(longestNs, endNs - readNs);
            wrong += image.isRight(read.offset(), data) ? 0 : 1;
            readCount++;
        }
        return new Played(endNs - startNs, waitedNs, longestNs, wrong);
    }

    /** Of the boot, so far. Any thread. */
    int readCount() {
        return readCount;
    }

    /**
     * Reads single pages after the boot, one behind the other, begun at a steady pace or when the one before is done.
     *
     * @return nanoseconds that each read took which counts, in order of size
     */
    long[] readAfterwards(IdleReads reads) throws IOException {
        long[] pages = reads.pages();
        long[] tookNs = new long[pages.length];
        long startNs = System.nanoTime();
        for (int i = 0; i < pages.length; i++) {
            Waiting.untilTime(i < reads.uncounted() ? startNs : startNs + reads.paceNs());
            startNs = System.nanoTime();
            byte[] data = client.read(pages[i] * BootTrace.PAGE_SIZE, BootTrace.PAGE_SIZE);
            tookNs[i] = System.nanoTime() - startNs;
            if (!image.isRight(pages[i] * BootTrace.PAGE_SIZE, data)) {
                throw new PerfException("page " + pages[i] + " has other bytes than the image");
            }
        }
        long[] countedNs = Arrays.copyOfRange(tookNs, reads.uncounted(), tookNs.length);
        Arrays.sort(countedNs);
        return countedNs;
    }

    /** Leaves as a client that is switched off does. */
    @Override
    public void close() throws IOException {
        if (client != null) {
            try (NbdClient leaving = client) {
                leaving.disconnect();
            }
        }
    }
}
