package io.varve.perf.boot;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that boots: thinks and reads as the trace says, and checks what it gets.
 *
 * <p>Owned by the thread that calls it.
 */
final class TracePlayer implements Callable<Played> {

    private final BootTrace trace;
    private final BootImage image;
    private final SocketAddress address;
    private final String exportName;

    TracePlayer(BootTrace trace, BootImage image, SocketAddress address, String exportName) {
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
        try (NbdClient client = NbdClient.connect(SocketChannel.open(address), ClientOptions.simple(exportName))) {
            long endNs = System.nanoTime();
            for (BootTrace.Read read : trace.reads()) {
                think(endNs + read.thinkNs());
                long readNs = System.nanoTime();
                byte[] data = client.read(read.offset(), read.length());
                endNs = System.nanoTime();
                waitedNs += endNs - readNs;
                longestNs = Math.max(longestNs, endNs - readNs);
                wrong += image.isRight(read.offset(), data) ? 0 : 1;
            }
            long elapsedNs = endNs - startNs;
            client.disconnect();
            return new Played(elapsedNs, waitedNs, longestNs, trace.reads().size(), wrong);
        }
    }

    private static void think(long untilNs) {
        for (long left = untilNs - System.nanoTime(); left > 0; left = untilNs - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }
}
