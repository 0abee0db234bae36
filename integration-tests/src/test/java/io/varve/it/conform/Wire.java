package io.varve.it.conform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A connection as bytes, with deadlines. What arrives is kept until a test takes it; nothing is taken twice and
 * nothing is passed over.
 *
 * <p>Owned by the test that opened it, which closes it.
 */
class Wire implements AutoCloseable {

    private static final long PATIENCE_MS = 10_000;
    /** Silence cannot be proven; where a test can only wait, it waits this long. */
    private static final long SILENCE_MS = 60;

    private final SocketChannel channel;
    private final Selector selector;
    private byte[] inbound = new byte[1 << 16];
    private int taken;
    private int filled;
    private boolean ended;

    private Wire(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.selector = Selector.open();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    static Wire open(SocketAddress address) {
        try {
            SocketChannel channel = SocketChannel.open(address);
            if (channel.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            return new Wire(channel);
        } catch (IOException e) {
            throw new UncheckedIOException("no connection to " + address, e);
        }
    }

    /** Sends all of it, and meanwhile receives, so that neither side waits for the other. */
    void send(byte[]... parts) {
        try {
            for (byte[] part : parts) {
                ByteBuffer rest = ByteBuffer.wrap(part);
                while (rest.hasRemaining()) {
                    if (channel.write(rest) == 0) {
                        await(SelectionKey.OP_WRITE | SelectionKey.OP_READ, PATIENCE_MS, "room to send");
                        fill();
                    }
                }
            }
        } catch (IOException e) {
            throw new AssertionError("the server hung up on what was sent: " + e.getMessage(), e);
        }
    }

    /** As {@link #send}, but the server may hang up at any byte. */
    void trySend(byte[] bytes) {
        try {
            send(bytes);
        } catch (AssertionError e) {
            if (!(e.getCause() instanceof IOException)) {
                throw e;
            }
        }
    }

    /** Sends as much as the server takes without being read from; it may also have hung up. */
    void sendUnread(byte[] bytes) {
        try {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining() && (channel.write(rest) > 0 || ready(SelectionKey.OP_WRITE, SILENCE_MS))) { }
        } catch (IOException e) {
            ended = true;
        }
    }

    /** Exactly {@code length} bytes; fails if they do not come. */
    byte[] receive(int length, String what) {
        while (filled - taken < length) {
            if (ended) {
                throw new AssertionError("the server hung up instead of sending " + what + "; had " + rest());
            }
            await(SelectionKey.OP_READ, PATIENCE_MS, what);
            fill();
        }
        byte[] bytes = Arrays.copyOfRange(inbound, taken, taken + length);
        taken += length;
        return bytes;
    }

    /** The connection ends here, and not one byte comes before that. */
    void expectEnd() {
        while (!ended && filled == taken) {
            await(SelectionKey.OP_READ, PATIENCE_MS, "the server to hang up");
            fill();
        }
        if (filled > taken) {
            throw new AssertionError("the server should have hung up, but sent " + rest());
        }
    }

    /** Nothing comes unasked. */
    void expectSilence() {
        if (filled == taken && !ended && ready(SelectionKey.OP_READ, SILENCE_MS)) {
            fill();
        }
        if (ended || filled > taken) {
            String what = ended ? "hung up" : "sent " + rest();
            throw new AssertionError("the server should have kept silent, but " + what);
        }
    }

    /** Waits until something is there to take, or the end; tells which. */
    boolean hasAnswer() {
        while (!ended && filled == taken) {
            await(SelectionKey.OP_READ, PATIENCE_MS, "an answer or a hang-up");
            fill();
        }
        return filled > taken;
    }

    /** No more bytes from this side; the server can still send. */
    void finish() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection as a client that crashed: the other side may see a reset. */
    void drop() {
        try {
            if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        close();
    }

    private String rest() {
        return Bytes.hex(Arrays.copyOfRange(inbound, taken, filled));
    }

    private void await(int operations, long patienceMs, String what) {
        if (!ready(operations, patienceMs)) {
            throw new AssertionError("waited " + patienceMs + " ms for " + what + "; had " + rest());
        }
    }

    private boolean ready(int operations, long patienceMs) {
        try {
            channel.keyFor(selector).interestOps(operations);
            long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
            do {
                selector.selectedKeys().clear();
                if (selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime()))) > 0) {
                    return true;
                }
            } while (System.nanoTime() < endNs);
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void fill() {
        if (taken == filled) {
            taken = 0;
            filled = 0;
        }
        if (filled == inbound.length) {
            int length = filled - taken;
            byte[] target = length > inbound.length / 2 ? new byte[2 * inbound.length] : inbound;
            System.arraycopy(inbound, taken, target, 0, length);
            inbound = target;
            taken = 0;
            filled = length;
        }
        try {
            int count = channel.read(ByteBuffer.wrap(inbound, filled, inbound.length - filled));
            ended |= count < 0;
            filled += Math.max(0, count);
        } catch (IOException e) {
            ended = true; // a reset: it hung up with our bytes unread
        }
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
