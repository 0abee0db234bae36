package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;

/**
 * An origin that takes so long, and answers so, as its test says; its bytes are all the same.
 *
 * <p>Thread-safe because all state is behind its lock.
 */
final class FakeOrigin implements Origin {

    private final String name;
    private final long size;
    private final byte fill;
    private final VirtualTime time;
    private final Queue<Reply> script = new ArrayDeque<>();
    private final List<Long> askedMs = new ArrayList<>();
    private Reply usual = new Reply(10, null, 0);
    private int interruptCount;
    private boolean closed;

    /** Milliseconds that it takes, and the failure; null: none. Immutable. */
    private record Reply(long ms, Kind kind, long retryAfterMs) {}

    FakeOrigin(String name, long size, int fill, VirtualTime time) {
        this.name = name;
        this.size = size;
        this.fill = (byte) fill;
        this.time = time;
    }

    synchronized FakeOrigin then(long ms, Kind kind) {
        script.add(new Reply(ms, kind, 0));
        return this;
    }

    synchronized FakeOrigin thenBusy(long retryAfterMs) {
        script.add(new Reply(10, Kind.BUSY, retryAfterMs));
        return this;
    }

    synchronized FakeOrigin usually(long ms, Kind kind) {
        usual = new Reply(ms, kind, 0);
        return this;
    }

    /** Milliseconds at which each request came. */
    synchronized List<Long> askedMs() {
        return List.copyOf(askedMs);
    }

    synchronized int interruptCount() {
        return interruptCount;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public OriginIdentity identity() {
        return new OriginIdentity(size, name);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        Reply reply;
        synchronized (this) {
            reply = script.isEmpty() ? usual : script.poll();
            askedMs.add(TimeUnit.NANOSECONDS.toMillis(time.nowNs()));
        }
        // Half of it comes first, also of an answer that fails.
        destination.setMemory(index, length / 2, fill);
        try {
            if (urgency == Urgency.DEMAND) {
                time.sleep(TimeUnit.MILLISECONDS.toNanos(reply.ms));
            } else {
                time.advance(TimeUnit.MILLISECONDS.toNanos(reply.ms));
            }
        } catch (InterruptedException e) {
            synchronized (this) {
                interruptCount++;
            }
            // One that writes on for a while, as a worst case.
            destination.setMemory(index, length, fill);
            throw new InterruptedIOException();
        }
        if (reply.kind != null) {
            throw new OriginException(reply.kind, name + " fails", reply.retryAfterMs, null);
        }
        destination.setMemory(index, length, fill);
    }

    @Override
    public int maxPieces() {
        return 7;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
