package io.varve.it.conform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * A connection as bytes, with deadlines. What arrives is kept until a test takes it; nothing is taken twice and
 * nothing is passed over. Once {@link #secure} was called, the bytes of the tests travel inside TLS.
 *
 * <p>Owned by the test that opened it, which closes it.
 */
class Wire implements AutoCloseable {

    private static final long PATIENCE_MS = 10_000;
    /** Silence cannot be proven; where a test can only wait, it waits this long. */
    private static final long SILENCE_MS = 60;

    private final SocketChannel channel;
    private final Selector selector;
    private final Deque<ByteBuffer> outgoing = new ArrayDeque<>();
    private final byte[] received = new byte[1 << 16];
    /** Null while the connection is in plain text. */
    private TlsLayer tls;
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
            throw new AssertionError("the server accepts no connection at " + address, e);
        }
    }

    /** Speaks TLS from here on. Not one byte of plain text may have come behind the acknowledgement. */
    void secure(TlsLayer layer) {
        if (ended || filled > taken) {
            throw new AssertionError("the server said in plain text what belongs into TLS: " + rest());
        }
        tls = layer;
        outgoing.add(ByteBuffer.wrap(tls.takeOutput()));
        while (!tls.isEstablished()) {
            sendAll();
            if (ended) {
                throw new AssertionError("the server hung up in the handshake of TLS");
            }
            await(SelectionKey.OP_READ, PATIENCE_MS, "the handshake of TLS");
            fill();
        }
        sendAll();
    }

    /** Sends all of it, and meanwhile receives, so that neither side waits for the other. */
    void send(byte[]... parts) {
        for (byte[] part : parts) {
            queue(part);
        }
        sendAll();
    }

    private void queue(byte[] part) {
        try {
            if (tls != null) {
                tls.say(part);
            }
            outgoing.add(ByteBuffer.wrap(tls == null ? part : tls.takeOutput()));
        } catch (IOException e) {
            throw new AssertionError("the server hung up on what was sent: " + e.getMessage(), e);
        }
    }

    private void sendAll() {
        try {
            while (!flush()) {
                await(SelectionKey.OP_WRITE | SelectionKey.OP_READ, PATIENCE_MS, "room to send");
                fill();
            }
        } catch (IOException e) {
            throw new AssertionError("the server hung up on what was sent: " + e.getMessage(), e);
        }
    }

    /** @return whether nothing is left to send */
    private boolean flush() throws IOException {
        while (!outgoing.isEmpty()) {
            channel.write(outgoing.peek());
            if (outgoing.peek().hasRemaining()) {
                return false;
            }
            outgoing.remove();
        }
        return true;
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
            queue(bytes);
            while (!flush() && ready(SelectionKey.OP_WRITE, SILENCE_MS)) { }
            outgoing.clear();
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

    /** All that comes until the server hangs up. */
    byte[] receiveToTheEnd() {
        while (!ended) {
            await(SelectionKey.OP_READ, PATIENCE_MS, "the server to hang up");
            fill();
        }
        return receive(filled - taken, "the rest");
    }

    /** As {@link #expectEnd}, and the server takes its leave from TLS before. */
    void expectFarewell() {
        expectEnd();
        if (tls != null && !tls.isEnded()) {
            throw new AssertionError("the server ended the connection without ending TLS");
        }
    }

    /** Nothing comes unasked. */
    void expectSilence() {
        // Records of TLS that bring nothing, such as tickets, are no answer.
        while (filled == taken && !ended && ready(SelectionKey.OP_READ, SILENCE_MS)) {
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
            if (tls != null) {
                tls.end();
                outgoing.add(ByteBuffer.wrap(tls.takeOutput()));
                sendAll();
            }
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
        int count;
        try {
            count = channel.read(ByteBuffer.wrap(received));
        } catch (IOException e) {
            count = -1; // a reset: it hung up with our bytes unread
        }
        ended |= count < 0;
        if (count > 0 && tls == null) {
            append(received, count);
        } else if (count > 0) {
            hear(count);
        }
    }

    private void hear(int count) {
        try {
            byte[] plain = tls.hear(received, count);
            append(plain, plain.length);
            outgoing.add(ByteBuffer.wrap(tls.takeOutput()));
            ended |= tls.isEnded();
        } catch (IOException e) {
            throw new AssertionError("the server breaks TLS: " + e.getMessage(), e);
        }
    }

    private void append(byte[] bytes, int length) {
        if (taken == filled) {
            taken = 0;
            filled = 0;
        }
        if (inbound.length - filled < length) {
            int needed = filled - taken + length;
            byte[] target = needed > inbound.length / 2 ? new byte[2 * needed] : inbound;
            System.arraycopy(inbound, taken, target, 0, filled - taken);
            inbound = target;
            filled -= taken;
            taken = 0;
        }
        System.arraycopy(bytes, 0, inbound, filled, length);
        filled += length;
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
