package io.varve.nbd.session;

import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.SimpleReplyFlyweight;
import io.varve.nbd.wire.StructuredChunkFlyweight;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One request's reply. It starts <em>inline</em>: header and payload lie in the open batch of the transmit queue and
 * leave from there. When parked it gets a buffer of its own, with room for the header in front of the payload, and
 * enters the queue when it completes.
 *
 * <p>Reused for later requests of the same session. Owned by the agent of the connection.
 */
final class ReplySlot implements Reply {

    /** In front of a parked payload, so that the reply is one piece; keeps the payload 32-byte aligned. */
    private static final int PARKED_HEADER_ROOM = 32;
    /** The shortest room that every reply without a payload fits in. */
    static final int SHORTEST_RESERVE = 64;
    /** A parked payload up to this many bytes is copied into the batch, a longer one is sent from where it is. */
    private static final int COPY_LIMIT = 16 * 1024;

    private enum State {
        FREE,
        INLINE,
        PARKED
    }

    private final Session session;
    private final TransmitQueue transmit;
    private final SlotPool pool;
    private final boolean structured;

    private State state = State.FREE;
    private int type;
    private long cookie;
    private long offset;
    /** Bytes of payload of a READ; 0 for other commands. */
    private int readLength;
    private UnsafeBuffer parked;

    ReplySlot(Session session, TransmitQueue transmit, SlotPool pool, boolean structured) {
        this.session = session;
        this.transmit = transmit;
        this.pool = pool;
        this.structured = structured;
    }

    /** Takes the slot for a request. @param readLength bytes that a READ asks for, else 0 */
    void begin(int type, long cookie, long offset, int readLength) {
        assert state == State.FREE : "reply slot is in use";
        this.type = type;
        this.cookie = cookie;
        this.offset = offset;
        this.readLength = readLength;
        state = State.INLINE;
        transmit.reserve(Math.max(readLength + headerLength(), SHORTEST_RESERVE));
    }

    private int headerLength() {
        return structured ? StructuredChunkFlyweight.DATA_HEADER_LENGTH : SimpleReplyFlyweight.LENGTH;
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
        return parked != null ? parked : transmit.batch();
    }

    @Override
    public int bufferIndex() {
        return parked != null ? PARKED_HEADER_ROOM : transmit.filled() + headerLength();
    }

    @Override
    public void park() {
        if (state == State.PARKED) {
            return;
        }
        if (readLength > 0) {
            UnsafeBuffer own = pool.acquire(PARKED_HEADER_ROOM + readLength);
            own.putBytes(PARKED_HEADER_ROOM, transmit.batch(), transmit.filled() + headerLength(), readLength);
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
    public void complete() {
        if (state == State.PARKED) {
            completeParked();
        } else {
            encodeSuccess(transmit.batch(), transmit.filled());
            transmit.commit(readLength > 0 ? headerLength() + readLength : shortLength());
            free();
        }
    }

    private void completeParked() {
        int length = headerLength() + readLength;
        if (session.isAborted()) {
            finishParked();
        } else if (readLength > COPY_LIMIT) {
            int start = PARKED_HEADER_ROOM - headerLength();
            encodeSuccess(parked, start);
            UnsafeBuffer own = parked;
            session.onUnparked(parkedLength());
            parked = null;
            transmit.append(own, start, length);
            free();
        } else {
            transmit.reserve(Math.max(length, SHORTEST_RESERVE));
            encodeSuccess(transmit.batch(), transmit.filled());
            if (readLength > 0) {
                transmit.batch().putBytes(
                        transmit.filled() + headerLength(), parked, PARKED_HEADER_ROOM, readLength);
            }
            transmit.commit(readLength > 0 ? length : shortLength());
            finishParked();
        }
    }

    private void encodeSuccess(UnsafeBuffer target, int index) {
        if (!structured) {
            SimpleReplyFlyweight.encode(target, index, 0, cookie);
        } else if (readLength > 0) {
            StructuredChunkFlyweight.encodeData(target, index, cookie, offset, readLength);
        } else {
            StructuredChunkFlyweight.encodeLast(target, index, NbdProtocol.REPLY_TYPE_NONE, cookie, 0);
        }
    }

    /** Bytes of a successful reply without a payload. */
    private int shortLength() {
        return structured ? StructuredChunkFlyweight.LENGTH : SimpleReplyFlyweight.LENGTH;
    }

    @Override
    public void completeZeroes() {
        assert type == NbdProtocol.CMD_READ : "only a READ has bytes to be zero";
        if (!structured) {
            buffer().setMemory(bufferIndex(), readLength, (byte) 0);
            complete();
            return;
        }
        if (!session.isAborted()) {
            transmit.reserve(SHORTEST_RESERVE);
            StructuredChunkFlyweight.encodeHole(transmit.batch(), transmit.filled(), cookie, offset, readLength);
            transmit.commit(StructuredChunkFlyweight.HOLE_LENGTH);
        }
        finish();
    }

    @Override
    public void fail(NbdError error) {
        if (!session.isAborted()) {
            transmit.reserve(SHORTEST_RESERVE);
            if (structured) {
                StructuredChunkFlyweight.encodeError(transmit.batch(), transmit.filled(), cookie, error.wireValue());
                transmit.commit(StructuredChunkFlyweight.ERROR_LENGTH);
            } else {
                SimpleReplyFlyweight.encode(transmit.batch(), transmit.filled(), error.wireValue(), cookie);
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
