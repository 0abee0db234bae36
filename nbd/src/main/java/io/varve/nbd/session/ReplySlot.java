package io.varve.nbd.session;

import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.SimpleReplyFlyweight;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One request's reply. It starts <em>inline</em>: header and payload lie in the open batch of the transmit queue and
 * leave from there. When parked it gets a buffer of its own, with room for the header in front of the payload, and
 * enters the queue when it completes.
 *
 * <p>Zero runs of a READ become hole chunks while the payload is filled, from front to back. What follows a hole is
 * filled in right behind it, so that nothing is moved afterwards; {@link #bufferIndex()} accounts for that.
 * <pre>
 *   start           open (before the hole)                       open (after it)
 *   | header | data | header |                   without holes: the only header, at start
 *   | header | data | hole chunk | header | data |
 *                     ^ holeAt              ^ byte chunkStart of the payload
 * </pre>
 *
 * <p>Reused for later requests of the same session. Owned by the agent of the connection.
 */
final class ReplySlot implements Reply {

    /** In front of a parked payload, so that the reply is one piece; keeps the payload 64-byte aligned. */
    private static final int PARKED_HEADER_ROOM = 64;
    /** The shortest room that every reply without a payload fits in. */
    static final int SHORTEST_RESERVE = 128;
    /** A parked reply up to this many bytes is copied into the batch, a longer one is sent from where it is. */
    private static final int COPY_LIMIT = 16 * 1024;
    /** Bytes from which a hole chunk pays: for the wire, and for the client, who handles chunks one by one. */
    private static final int SHORTEST_HOLE = 4096;
    /** Of one reply; zeroes behind that are sent as data. */
    private static final int MAX_HOLES = 32;
    private static final int NO_HOLE = -1;
    /** Bytes of a payload from which two system calls for its own sake cost less than a copy. */
    private static final int SHORTEST_LENT = 16 * 1024;

    private enum State {
        FREE,
        INLINE,
        PARKED
    }

    private final Session session;
    private final TransmitQueue transmit;
    private final SlotPool pool;
    /** Null if replies are simple. */
    private final ChunkWriter chunks;
    /** Bytes in front of the payload of a READ. */
    private final int headerLength;

    private State state = State.FREE;
    private int type;
    private long cookie;
    private long offset;
    /** Bytes of payload of a READ; 0 for other commands. */
    private int readLength;
    private UnsafeBuffer parked;

    /** Whether holes may still be told apart from data. */
    private boolean splits;
    private int holeCount;
    /** Bytes from the start of the reply to the last hole chunk. */
    private int holeAt;
    /** Byte of the payload where the last hole ends. */
    private int holeEnd;
    private int lastHoleLength;
    /** Bytes from the start of the reply to the header of the data chunk that is being filled. */
    private int open;
    /** First byte of the payload that is in that chunk. */
    private int chunkStart;

    /** @param chunks null if replies are simple */
    ReplySlot(Session session, TransmitQueue transmit, SlotPool pool, ChunkWriter chunks) {
        this.session = session;
        this.transmit = transmit;
        this.pool = pool;
        this.chunks = chunks;
        this.headerLength = chunks != null ? chunks.dataHeaderLength() : SimpleReplyFlyweight.LENGTH;
    }

    /**
     * Takes the slot for a request.
     *
     * @param readLength bytes that a READ asks for, else 0
     */
    void begin(int type, long cookie, long offset, int readLength) {
        assert state == State.FREE : "reply slot is in use";
        this.type = type;
        this.cookie = cookie;
        this.offset = offset;
        this.readLength = readLength;
        state = State.INLINE;
        splits = chunks != null;
        holeCount = 0;
        holeEnd = NO_HOLE;
        open = 0;
        chunkStart = 0;
        transmit.reserve(Math.max(readLength + headerLength, SHORTEST_RESERVE));
    }

    /** The data of the READ must come in one chunk (DF). */
    void keepWhole() {
        splits = false;
    }

    boolean isParked() {
        return state == State.PARKED;
    }

    boolean isInline() {
        return state == State.INLINE;
    }

    boolean isFree() {
        return state == State.FREE;
    }

    @Override
    public MutableDirectBuffer buffer() {
        return target();
    }

    private UnsafeBuffer target() {
        return parked != null ? parked : transmit.batch();
    }

    /** Index of the first byte of the reply of a READ in {@link #target()}. */
    private int start() {
        return parked != null ? PARKED_HEADER_ROOM - headerLength : transmit.filled();
    }

    @Override
    public int bufferIndex() {
        return start() + open + headerLength - chunkStart;
    }

    @Override
    public void park() {
        if (state == State.PARKED) {
            return;
        }
        if (readLength > 0) {
            UnsafeBuffer own = pool.acquire(PARKED_HEADER_ROOM + readLength);
            own.putBytes(PARKED_HEADER_ROOM - headerLength, transmit.batch(), transmit.filled(),
                    open + headerLength + readLength - chunkStart);
            parked = own;
        }
        enterParked();
    }

    @Override
    public DirectBuffer parkWithPayload(DirectBuffer payload, int payloadIndex, int length) {
        assert state == State.INLINE : "the payload of a parked request is gone";
        UnsafeBuffer own = pool.acquire(PARKED_HEADER_ROOM + length);
        own.putBytes(PARKED_HEADER_ROOM, payload, payloadIndex, length);
        parked = own;
        enterParked();
        return own;
    }

    private void enterParked() {
        state = State.PARKED;
        session.onParked(parkedLength());
    }

    private int parkedLength() {
        return parked == null ? 0 : parked.capacity();
    }

    @Override
    public void zeroes(int index, int length) {
        if (splits && index == holeEnd) {
            lastHoleLength += length;
            chunks.growHole(target(), start() + holeAt, lastHoleLength);
        } else if (splits && length >= SHORTEST_HOLE && holeCount < MAX_HOLES) {
            addHole(index, length);
        } else {
            target().setMemory(bufferIndex() + index, length, (byte) 0);
            return;
        }
        holeEnd = index + length;
        chunkStart = holeEnd;
    }

    private void addHole(int index, int length) {
        int dataLength = index - chunkStart;
        if (dataLength > 0) {
            chunks.data(target(), start() + open, 0, cookie, offset, offset + chunkStart, dataLength);
            open += headerLength + dataLength;
        }
        chunks.hole(target(), start() + open, 0, cookie, offset, offset + index, length);
        holeCount++;
        holeAt = open;
        lastHoleLength = length;
        open += chunks.holeLength();
    }

    @Override
    public void complete() {
        if (state == State.PARKED) {
            completeParked();
        } else {
            transmit.commit(readLength > 0 ? encodeRead() : encodeDone());
            free();
        }
    }

    @Override
    public void completeFrom(int file, long position) {
        if (state == State.PARKED || readLength < SHORTEST_LENT || open > 0) {
            complete();
            return;
        }
        transmit.commit(encodeRead(), readLength, file, position);
        free();
    }

    private void completeParked() {
        if (session.isAborted()) {
            finishParked();
            return;
        }
        if (readLength == 0) {
            transmit.reserve(SHORTEST_RESERVE);
            transmit.commit(encodeDone());
            finishParked();
            return;
        }
        int length = encodeRead();
        if (length > COPY_LIMIT) {
            UnsafeBuffer own = parked;
            int start = start();
            session.onUnparked(parkedLength());
            parked = null;
            transmit.append(own, start, length);
            free();
        } else {
            transmit.reserve(length);
            transmit.batch().putBytes(transmit.filled(), parked, start(), length);
            transmit.commit(length);
            finishParked();
        }
    }

    /** Writes what is missing around the payload of a READ. @return bytes of the reply */
    private int encodeRead() {
        UnsafeBuffer target = target();
        int start = start();
        if (chunks == null) {
            SimpleReplyFlyweight.encode(target, start, 0, cookie);
            return headerLength + readLength;
        }
        int dataLength = readLength - chunkStart;
        if (dataLength == 0) {
            chunks.markLast(target, start + holeAt);
            return open;
        }
        chunks.data(
                target, start + open, NbdProtocol.REPLY_FLAG_DONE, cookie, offset, offset + chunkStart, dataLength);
        return open + headerLength + dataLength;
    }

    /** Writes success without a payload into the batch. @return bytes */
    private int encodeDone() {
        if (chunks == null) {
            SimpleReplyFlyweight.encode(transmit.batch(), transmit.filled(), 0, cookie);
            return SimpleReplyFlyweight.LENGTH;
        }
        chunks.header(transmit.batch(), transmit.filled(), NbdProtocol.REPLY_FLAG_DONE, NbdProtocol.REPLY_TYPE_NONE,
                cookie, offset, 0);
        return chunks.headerLength();
    }

    @Override
    public void completeZeroes() {
        assert type == NbdProtocol.CMD_READ : "only a READ has bytes to be zero";
        if (chunks == null) {
            target().setMemory(bufferIndex(), readLength, (byte) 0);
            complete();
            return;
        }
        if (!session.isAborted()) {
            transmit.reserve(SHORTEST_RESERVE);
            chunks.hole(transmit.batch(), transmit.filled(), NbdProtocol.REPLY_FLAG_DONE, cookie, offset, offset,
                    readLength);
            transmit.commit(chunks.holeLength());
        }
        finish();
    }

    @Override
    public void fail(NbdError error) {
        refuse(Failure.of(error));
    }

    @Override
    public void failAt(NbdError error, long failedOffset) {
        if (chunks == null || session.isAborted()) {
            fail(error);
            return;
        }
        transmit.reserve(SHORTEST_RESERVE);
        transmit.commit(chunks.errorAt(
                transmit.batch(), transmit.filled(), cookie, offset, Failure.of(error), failedOffset));
        finish();
    }

    void refuse(Failure failure) {
        if (!session.isAborted()) {
            transmit.reserve(SHORTEST_RESERVE);
            if (chunks != null) {
                transmit.commit(chunks.error(transmit.batch(), transmit.filled(), cookie, offset, failure));
            } else {
                SimpleReplyFlyweight.encode(
                        transmit.batch(), transmit.filled(), failure.error().wireValue(), cookie);
                transmit.commit(SimpleReplyFlyweight.LENGTH);
            }
        }
        finish();
    }

    private void finish() {
        if (state == State.PARKED) {
            finishParked();
        } else {
            free();
        }
    }

    private void finishParked() {
        session.onUnparked(parkedLength());
        if (parked != null) {
            pool.release(parked);
            parked = null;
        }
        free();
    }

    private void free() {
        boolean wasParked = state == State.PARKED;
        state = State.FREE;
        if (wasParked) {
            session.onParkedFinished(this);
        }
    }
}
