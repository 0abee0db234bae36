package io.varve.daemon.remote;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * A connection that waits like a blocking one, but not beyond a point in time. The JDK has that for TCP only, and not
 * for its channels.
 *
 * <p>Owned by the thread that reads and writes; {@link #close} by any thread ends its wait.
 */
final class TimedChannel implements ByteChannel {

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private volatile long endNs;

    private TimedChannel(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        this.key = channel.register(selector, 0);
    }

    /** Not connected yet. */
    static TimedChannel open(SocketAddress address) throws IOException {
        boolean isUnix = address instanceof UnixDomainSocketAddress;
        SocketChannel channel = isUnix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        boolean done = false;
        try {
            channel.configureBlocking(false);
            if (!isUnix) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            TimedChannel connection = new TimedChannel(channel, Selector.open());
            done = true;
            return connection;
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    /** @param endNs {@link System#nanoTime} at which to give up, here and in reads and writes */
    void connect(SocketAddress address, long endNs) throws IOException {
        this.endNs = endNs;
        if (!channel.connect(address)) {
            do {
                await(SelectionKey.OP_CONNECT, "no connection in time");
            } while (!channel.finishConnect());
        }
    }

    /** Moves the point in time. */
    void setEnd(long endNs) {
        this.endNs = endNs;
    }

    @Override
    public int read(ByteBuffer destination) throws IOException {
        requireTime("no whole answer in time");
        int count = channel.read(destination);
        while (count == 0 && destination.hasRemaining()) {
            await(SelectionKey.OP_READ, "no whole answer in time");
            count = channel.read(destination);
        }
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        requireTime("the server takes no request");
        int count = channel.write(source);
        while (count == 0 && source.hasRemaining()) {
            await(SelectionKey.OP_WRITE, "the server takes no request");
            count = channel.write(source);
        }
        return count;
    }

    private void await(int operation, String tooLate) throws IOException {
        try {
            key.interestOps(operation);
            long remainingNs = requireTime(tooLate);
            // Rounded up: with 0 it would wait for ever, and before the end it would spin.
            selector.select(TimeUnit.NANOSECONDS.toMillis(remainingNs) + 1);
            selector.selectedKeys().clear();
        } catch (ClosedSelectorException | CancelledKeyException e) {
            throw new AsynchronousCloseException();
        }
        if (Thread.interrupted()) {
            close();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Also while there is something to read, which may go on for ever. */
    private long requireTime(String tooLate) throws IOException {
        long remainingNs = endNs - System.nanoTime();
        if (remainingNs <= 0) {
            throw new IOException(tooLate);
        }
        return remainingNs;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            selector.close();
        }
    }
}
