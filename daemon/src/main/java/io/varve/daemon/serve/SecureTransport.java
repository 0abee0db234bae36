package io.varve.daemon.serve;

import io.varve.daemon.serve.tls.SecureChannel;
import io.varve.nbd.session.SlotPool;
import io.varve.shim.NativeException;
import io.varve.shim.socket.NativeSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Moves the bytes of one encrypted connection between its socket and its session.
 *
 * <pre>
 *   socket ──> wire ──> [ part of a record, kept ] records ──> channel ──> plain ──> session
 *                                                                            └──> kept, if it has no room
 *   session ──> plain ──> channel ──> records ──> wire ──> socket
 *                                                   └──> kept, if it takes no more
 * </pre>
 *
 * <p>What is kept waits in buffers of the agent's pool; a connection that waits for nothing holds none.
 *
 * <p>Owned by the agent of the connection.
 */
final class SecureTransport {

    /** Received at least, however little the session has room for: a record must fit. */
    private static final int MIN_RECEIVE_LENGTH = 2 * SecureChannel.RECORD_LENGTH;
    private static final int MAX_UNSENT_LENGTH = 2 * SecureBuffers.WIRE_LENGTH;

    private final int fd;
    private final SecureChannel channel;
    private final SecureBuffers buffers;
    private final Kept unreadRecords;
    private final Kept unreadPlain;
    private final Kept unsent;
    private boolean full;
    private int sentLength;

    /** @param unread the first part of a record, received before */
    SecureTransport(int fd, SecureChannel channel, byte[] unread, SecureBuffers buffers, SlotPool pool) {
        this.fd = fd;
        this.channel = channel;
        this.buffers = buffers;
        this.unreadRecords = new Kept(pool);
        this.unreadPlain = new Kept(pool);
        this.unsent = new Kept(pool);
        unreadRecords.keep(unread, 0, unread.length);
    }

    /**
     * @param room at {@code target}, {@code index}; at least 1
     * @return plain bytes, {@link NativeSocket#END} or {@link NativeSocket#WOULD_BLOCK}
     * @throws IOException if the peer breaks TLS
     */
    int receive(MutableDirectBuffer target, int index, int room) throws IOException {
        if (unreadPlain.length() > 0) {
            return unreadPlain.take(target, index, room);
        }
        if (channel.isEnded()) {
            return NativeSocket.END;
        }
        int limit = Math.min(SecureBuffers.WIRE_LENGTH, Math.max(room, MIN_RECEIVE_LENGTH)) - unreadRecords.length();
        int received = NativeSocket.recv(fd, buffers.wire.addressOffset(), limit);
        full = received == limit;
        if (received <= 0) {
            return received;
        }
        decrypt(received);
        ByteBuffer plain = buffers.plain;
        int length = plain.position();
        if (length == 0) {
            return channel.isEnded() ? NativeSocket.END : NativeSocket.WOULD_BLOCK;
        }
        int taken = Math.min(room, length);
        target.putBytes(index, plain.array(), 0, taken);
        unreadPlain.keep(plain.array(), taken, length - taken);
        return taken;
    }

    private void decrypt(int received) throws IOException {
        ByteBuffer records = buffers.records.clear();
        int before = unreadRecords.take(records.array());
        buffers.wire.getBytes(0, records.array(), before, received);
        records.limit(before + received);
        ByteBuffer plain = buffers.plain.clear();
        channel.decrypt(records, plain);
        unreadRecords.keep(records.array(), records.position(), records.remaining());
        if (channel.hasAnswer()) {
            answer();
        }
    }

    /** TLS itself has something to say, such as a new key. */
    private void answer() throws IOException {
        // The plain buffer holds what was received; nothing of it may go back.
        ByteBuffer records = buffers.records.clear();
        channel.encrypt(ByteBuffer.allocate(0), records);
        if (unsent.length() > MAX_UNSENT_LENGTH) {
            throw new IOException("the peer asks for new keys, and reads nothing");
        }
        pass(records);
    }

    /**
     * Encrypts and sends. What is taken counts as sent, whether the socket takes all of it or not.
     *
     * @return plain bytes taken; less than {@code length}: the socket takes no more
     */
    int send(DirectBuffer source, int index, int length) throws IOException {
        int taken = 0;
        while (taken < length && flush()) {
            int pieceLength = Math.min(length - taken, SecureBuffers.PIECE_LENGTH);
            ByteBuffer plain = buffers.plain.clear();
            source.getBytes(index + taken, plain.array(), 0, pieceLength);
            plain.limit(pieceLength);
            ByteBuffer records = buffers.records.clear();
            channel.encrypt(plain, records);
            taken += plain.position();
            pass(records);
        }
        return taken;
    }

    /** Sends records, and keeps what the socket does not take, behind what it did not take before. */
    private void pass(ByteBuffer records) throws NativeException {
        int length = records.position();
        int sent = 0;
        if (unsent.length() == 0) {
            buffers.wire.putBytes(0, records.array(), 0, length);
            sent = sendAll(buffers.wire.addressOffset(), length);
        }
        unsent.keep(records.array(), sent, length - sent);
    }

    private int sendAll(long address, int length) throws NativeException {
        int sent = 0;
        while (sent < length) {
            int count = NativeSocket.send(fd, address + sent, length - sent);
            if (count == NativeSocket.WOULD_BLOCK) {
                break;
            }
            sent += count;
        }
        sentLength += sent;
        return sent;
    }

    /** @return whether the socket has taken all records */
    boolean flush() throws NativeException {
        if (unsent.length() > 0) {
            unsent.skip(sendAll(unsent.address(), unsent.length()));
        }
        return unsent.length() == 0;
    }

    /** Bytes of records that went out since the last call. */
    int takeSentLength() {
        int taken = sentLength;
        sentLength = 0;
        return taken;
    }

    /** Records that the socket did not take. */
    boolean hasUnsent() {
        return unsent.length() > 0;
    }

    /** Whether {@link #receive} has something that no event of the socket will tell about. */
    boolean hasUnread() {
        return unreadPlain.length() > 0 || channel.isEnded();
    }

    /** Whether the last receive got all that it asked for, so that there may be more. */
    boolean mayHaveMore() {
        return full;
    }

    /** Says farewell, if the socket takes it, and gives all buffers back. */
    void end() {
        ByteBuffer records = buffers.records.clear();
        channel.end(records);
        try {
            if (flush()) {
                pass(records);
            }
        } catch (NativeException e) {
            // The peer is gone, and misses nothing.
            full = false;
        }
        unreadRecords.drop();
        unreadPlain.drop();
        unsent.drop();
    }

    /** Bytes in a buffer of the pool, as long as there are any. */
    private static final class Kept {
        private final SlotPool pool;
        private UnsafeBuffer buffer;
        private int position;
        private int limit;

        Kept(SlotPool pool) {
            this.pool = pool;
        }

        int length() {
            return limit - position;
        }

        long address() {
            return buffer.addressOffset() + position;
        }

        void keep(byte[] bytes, int from, int length) {
            if (length == 0) {
                return;
            }
            if (buffer == null || buffer.capacity() - limit < length) {
                UnsafeBuffer larger = pool.acquire(length() + length);
                int before = length();
                if (before > 0) {
                    larger.putBytes(0, buffer, position, before);
                }
                drop();
                buffer = larger;
                limit = before;
            }
            buffer.putBytes(limit, bytes, from, length);
            limit += length;
        }

        int take(MutableDirectBuffer target, int index, int room) {
            int taken = Math.min(room, length());
            target.putBytes(index, buffer, position, taken);
            skip(taken);
            return taken;
        }

        int take(byte[] target) {
            int taken = length();
            if (taken > 0) {
                buffer.getBytes(position, target, 0, taken);
                drop();
            }
            return taken;
        }

        void skip(int length) {
            position += length;
            if (position == limit) {
                drop();
            }
        }

        void drop() {
            if (buffer != null) {
                pool.release(buffer);
                buffer = null;
            }
            position = 0;
            limit = 0;
        }
    }
}
