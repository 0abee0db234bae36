package io.varve.perf.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A long line to a server near by: listens on a TCP port of this machine and passes bytes on, later. Half of the delay
 * is on the way there and half on the way back; a new connection waits one delay more before its first bytes pass, as
 * for the handshake. What is on its way does not wait for what follows; all answers share one rate.
 *
 * <p>Thread-safe because each direction of a connection has its own two threads and a queue between them, and the rate
 * is one atomic number.
 */
final class Relay implements AutoCloseable {

    private static final int PIECE_LENGTH = 64 << 10;
    /** Pieces under way in one direction, 4 MiB: more than a gigabit line of 30 ms holds. */
    private static final int PIECES = 64;
    private static final Piece END = new Piece(ByteBuffer.allocate(0), 0);

    private final SocketAddress server;
    private final long delayNs;
    private final long bytesPerSecond;
    private final ServerSocketChannel listener;
    private final ExecutorService threads = Executors.newCachedThreadPool(Relay::thread);
    private final Set<Line> lines = ConcurrentHashMap.newKeySet();
    private final AtomicLong connections = new AtomicLong();
    /** When the line is free for the next byte of an answer. */
    private final AtomicLong freeNs = new AtomicLong(System.nanoTime());

    /** @param dueNs when it leaves at the other end */
    private record Piece(ByteBuffer bytes, long dueNs) {}

    /** One connection. Closed by the direction that ends last. */
    private record Line(SocketChannel client, SocketChannel server, AtomicInteger directions) {

        void drop() {
            for (SocketChannel end : List.of(client, server)) {
                try {
                    end.close();
                } catch (IOException gone) {
                    continue; // it is closed all the same
                }
            }
        }
    }

    /**
     * @param delayMs        milliseconds, there and back together
     * @param bytesPerSecond of all answers; 0: no limit
     */
    Relay(SocketAddress server, int delayMs, long bytesPerSecond) throws IOException {
        this.server = server;
        this.delayNs = TimeUnit.MILLISECONDS.toNanos(delayMs);
        this.bytesPerSecond = bytesPerSecond;
        this.listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        threads.execute(this::accept);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        return thread;
    }

    int port() {
        return listener.socket().getLocalPort();
    }

    /** Accepted so far. */
    long connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = listener.accept();
                long shakenNs = System.nanoTime() + delayNs;
                connections.incrementAndGet();
                client.setOption(StandardSocketOptions.TCP_NODELAY, true);
                Line line = new Line(client, SocketChannel.open(server), new AtomicInteger(2));
                lines.add(line);
                pass(line, line.client, line.server, shakenNs);
                pass(line, line.server, line.client, shakenNs);
            }
        } catch (IOException closed) {
            close();
        }
    }

    private void pass(Line line, SocketChannel from, SocketChannel to, long notBeforeNs) {
        BlockingQueue<Piece> underWay = new ArrayBlockingQueue<>(PIECES);
        threads.execute(() -> take(from, underWay, notBeforeNs));
        threads.execute(() -> {
            deliver(underWay, to, from == line.server);
            if (line.directions.decrementAndGet() == 0) {
                lines.remove(line);
                line.drop();
            }
        });
    }

    private void take(SocketChannel from, BlockingQueue<Piece> underWay, long notBeforeNs) {
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_LENGTH);
            while (read(from, buffer.clear())) {
                byte[] bytes = new byte[buffer.flip().remaining()];
                buffer.get(bytes);
                long startNs = Math.max(System.nanoTime(), notBeforeNs);
                underWay.put(new Piece(ByteBuffer.wrap(bytes), startNs + delayNs / 2));
            }
            underWay.put(END);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    /** A connection that breaks ends here like one that is closed. */
    private static boolean read(SocketChannel from, ByteBuffer buffer) {
        try {
            return from.read(buffer) >= 0;
        } catch (IOException broken) {
            return false;
        }
    }

    /** Empties the queue to its end, also where the other side takes nothing any more. */
    private void deliver(BlockingQueue<Piece> underWay, SocketChannel to, boolean answers) {
        boolean broken = false;
        try {
            for (Piece piece = underWay.take(); piece != END; piece = underWay.take()) {
                if (!broken) {
                    await(answers ? reserve(piece.bytes().remaining(), piece.dueNs()) : piece.dueNs());
                    broken = !write(piece.bytes(), to);
                }
            }
            if (!broken) {
                to.shutdownOutput();
            }
        } catch (IOException gone) {
            underWay.clear();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean write(ByteBuffer bytes, SocketChannel to) {
        try {
            while (bytes.hasRemaining()) {
                to.write(bytes);
            }
            return true;
        } catch (IOException broken) {
            return false;
        }
    }

    /** Takes the line for so many bytes, from {@code dueNs} on; returns when the last of them is through. */
    private long reserve(int length, long dueNs) {
        if (bytesPerSecond == 0) {
            return dueNs;
        }
        long neededNs = length * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
        return freeNs.updateAndGet(free -> Math.max(free, dueNs) + neededNs);
    }

    private static void await(long untilNs) throws InterruptedException {
        for (long left = untilNs - System.nanoTime(); left > 0; left = untilNs - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
        lines.forEach(Line::drop);
    }
}
