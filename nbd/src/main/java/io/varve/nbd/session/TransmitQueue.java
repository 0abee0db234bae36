package io.varve.nbd.session;

import java.util.ArrayDeque;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a connection still has to send, in order: sealed segments that the peer did not take yet, then the open batch
 * that replies are built in. All replies of a duty cycle leave with one send, as long as they fit one batch.
 *
 * <pre>
 *   segments (oldest first)                 batch
 *   [ sent | unsent ] [ unsent ] ...        [ sent | replies | reserved | free ]
 *                                                            ^ filled
 * </pre>
 *
 * <p>Design note: a batch is 256 KiB because a reply that was just read should still be in the second-level cache when
 * the kernel copies it to the socket.
 *
 * <p>Design note: a long payload that also lies in a file leaves from the page cache, by sendfile(2), where the outlet
 * can do that: over a unix socket, a client got 1.75 times as much with 128 KiB at a time. It is sent the moment it is
 * complete, because only then is the file certain to be open; what the peer does not take then is sent from the batch,
 * where the same bytes are. This is for files that never change: the peer reads the pages some time after they were
 * sent. For the same reason nothing is lent from the batch (vmsplice): a peer that splices on what it receives, as
 * socket proxies do, reads lent pages even after the kernel has called them consumed.
 *
 * <p>Owned by the agent of the connection.
 */
final class TransmitQueue {

    static final int BATCH_LENGTH = 256 * 1024;

    private final Outlet outlet;
    private final SlotPool pool;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private long segmentsLength;

    private UnsafeBuffer batch;
    private int sent;
    private int filled;

    TransmitQueue(Outlet outlet, SlotPool pool) {
        this.outlet = outlet;
        this.pool = pool;
    }

    /** Unsent bytes. */
    long length() {
        return segmentsLength + filled - sent;
    }

    /**
     * Makes room for {@code length} bytes in one piece, at {@link #batch()} and {@link #filled()}. Sends, or sets
     * aside, what stands in the way. The room is used by {@link #commit}, or not at all.
     */
    void reserve(int length) {
        if (batch != null && batch.capacity() - filled >= length) {
            return;
        }
        makeRoom(length);
    }

    private void makeRoom(int length) {
        if (batch != null) {
            flush();
        }
        if (batch != null && batch.capacity() - filled >= length) {
            return;
        }
        sealBatch();
        batch = pool.acquire(Math.max(BATCH_LENGTH, length));
    }

    UnsafeBuffer batch() {
        return batch;
    }

    int filled() {
        return filled;
    }

    void commit(int length) {
        filled += length;
    }

    /**
     * As {@link #commit(int)}, of a reply that ends with bytes of a file, and sends at once what the peer takes.
     *
     * @param lent bytes at the end, at most {@code length}
     */
    void commit(int length, int lent, int file, long position) {
        filled += length;
        if (segments.isEmpty() || flushSegments()) {
            sent += outlet.sendWithFile(batch, sent, filled - lent - sent, file, position, lent);
            rewindIfSent();
        }
    }

    private void rewindIfSent() {
        if (sent == filled) {
            sent = 0;
            filled = 0;
        }
    }

    /** Queues {@code length} bytes from {@code index}; the buffer goes back to the pool when they are sent. */
    void append(UnsafeBuffer buffer, int index, int length) {
        sealBatch();
        segments.addLast(new Segment(buffer, index, index + length));
        segmentsLength += length;
    }

    private void sealBatch() {
        if (batch == null) {
            return;
        }
        if (filled > sent) {
            segments.addLast(new Segment(batch, sent, filled));
            segmentsLength += filled - sent;
        } else {
            pool.release(batch);
        }
        batch = null;
        sent = 0;
        filled = 0;
    }

    /**
     * Sends as much as the peer takes.
     *
     * @return whether nothing is left
     */
    boolean flush() {
        if (!segments.isEmpty() && !flushSegments()) {
            return false;
        }
        if (filled > sent) {
            sent += outlet.send(batch, sent, filled - sent);
            rewindIfSent();
        }
        return filled == 0;
    }

    private boolean flushSegments() {
        for (Segment segment = segments.peekFirst(); segment != null; segment = segments.peekFirst()) {
            int taken = outlet.send(segment.buffer, segment.position, segment.limit - segment.position);
            segment.position += taken;
            segmentsLength -= taken;
            if (segment.position < segment.limit) {
                return false;
            }
            segments.removeFirst();
            pool.release(segment.buffer);
        }
        return true;
    }

    /** Gives the batch back when nothing is in it, so that an idle connection holds no memory. */
    void releaseIfEmpty() {
        if (batch != null && filled == sent) {
            pool.release(batch);
            batch = null;
            sent = 0;
            filled = 0;
        }
    }

    /** Drops everything. */
    void discard() {
        for (Segment segment : segments) {
            pool.release(segment.buffer);
        }
        segments.clear();
        segmentsLength = 0;
        filled = sent;
        releaseIfEmpty();
    }

    private static final class Segment {
        private final UnsafeBuffer buffer;
        private int position;
        private final int limit;

        Segment(UnsafeBuffer buffer, int position, int limit) {
            this.buffer = buffer;
            this.position = position;
            this.limit = limit;
        }
    }
}
