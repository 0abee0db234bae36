package io.varve.nbd.session;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_DISC;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_DF;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_PAYLOAD_LEN;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;

import io.varve.nbd.export.Export;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.RequestFlyweight;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The transmission phase of one connection: bytes in, requests to the export, replies out.
 *
 * <p>Reading: {@link #prepareReceive} says where the next bytes go, {@link #onReceived} says how many came and works on
 * all whole requests among them. Writing: replies collect in a {@link TransmitQueue} and leave with {@link #flush};
 * when there are many they leave before.
 *
 * <p>Sessions of an agent share one receive buffer; what is left of it after a pass (part of a request) waits in a
 * slot of the pool. The payload of a long WRITE is received straight into a slot of its own.
 *
 * <p>A session stops taking requests while too much of it is unfinished ({@link #wantsInput} is false), so a client
 * that does not read its replies costs bounded memory.
 *
 * <p>Owned by the agent of the connection.
 */
public final class Session {

    /** Requests that wait for something, and bytes that they hold; above this no further request is taken. */
    private static final int MAX_PARKED_COUNT = 256;
    private static final long MAX_PARKED_LENGTH = 2L * NbdProtocol.MAX_PAYLOAD_LENGTH;
    /** Unsent bytes above which no further request is taken. */
    private static final long MAX_UNSENT_LENGTH = 4 * 1024 * 1024;
    /** A payload longer than this, of which a part is still to come, gets its own slot. */
    private static final int CARRY_LIMIT = 32 * 1024;

    /**
     * Replies leave before the end of a pass when there are so many, or so many bytes, of them, so that the client
     * works on the first while we work on the rest.
     */
    private static final int EARLY_COUNT = 8;
    private static final int EARLY_LENGTH = 32 * 1024;

    private enum Phase {
        OPEN,
        /** DISC came: finish what is in flight, then close. */
        DISCONNECTING,
        /** The peer broke the protocol, or is gone: nothing more is sent. */
        ABORTED
    }

    private final Export export;
    private final boolean extended;
    private final int requestLength;
    /** Null if replies are simple. */
    private final ChunkWriter chunks;
    private final RequestValidator validator;
    private final Outlet outlet;
    private final SlotPool pool;
    private final TransmitQueue transmit;
    /** Null if no context was selected. */
    private final StatusReply status;
    private final ArrayDeque<ReplySlot> freeSlots = new ArrayDeque<>();
    private final RequestFlyweight request = new RequestFlyweight();
    /** The slot of the request that is being answered, or null. */
    private ReplySlot current;

    private final UnsafeBuffer shared;
    private UnsafeBuffer carry;
    private int carryLength;

    /** A long WRITE that is being received; its header is in the fields below. */
    private UnsafeBuffer payload;
    private int payloadFilled;
    private int payloadLength;
    private int payloadFlags;
    private long payloadCookie;
    private long payloadOffset;

    /** Bytes of a refused payload still to be thrown away. */
    private long skipLength;

    private Phase phase = Phase.OPEN;
    /** No further request reaches the export. */
    private boolean stopping;
    private String violation = "";
    private int parkedCount;
    private long parkedLength;
    private boolean working;
    /** Whole requests lie in {@link #carry} because too much was unfinished: nothing else may come to wake them. */
    private boolean heldBack;
    private long requestCount;
    private int unflushedCount;
    private long rejectedCount;

    /** @param shared receive buffer of the agent, at least 64 KiB; used only inside calls */
    public Session(Negotiated negotiated, Outlet outlet, SlotPool pool, UnsafeBuffer shared) {
        this.export = negotiated.export();
        this.outlet = outlet;
        this.pool = pool;
        this.shared = shared;
        ReplyStyle style = negotiated.replyStyle();
        this.extended = style == ReplyStyle.EXTENDED;
        this.requestLength = extended ? RequestFlyweight.EXTENDED_LENGTH : RequestFlyweight.LENGTH;
        this.chunks = style == ReplyStyle.SIMPLE ? null : new ChunkWriter(style);
        this.transmit = new TransmitQueue(outlet, pool);
        int contextCount = chunks == null ? 0 : negotiated.contexts().size();
        this.status = contextCount == 0 ? null : new StatusReply(transmit, chunks, export, negotiated.contexts());
        this.validator = new RequestValidator(negotiated.info(), style, contextCount);
    }

    // Receiving

    /**
     * Makes ready for a receive. Between this and {@link #onReceived} no other session may use the shared buffer.
     *
     * @return bytes of room at {@link #receiveBuffer()}, {@link #receiveIndex()}
     */
    public int prepareReceive() {
        if (payload != null) {
            return payloadLength - payloadFilled;
        }
        if (carryLength > 0) {
            shared.putBytes(0, carry, 0, carryLength);
        }
        return shared.capacity() - carryLength;
    }

    public MutableDirectBuffer receiveBuffer() {
        return payload != null ? payload : shared;
    }

    public int receiveIndex() {
        return payload != null ? payloadFilled : carryLength;
    }

    /** {@code length} bytes arrived; answers what can be answered. The owner calls {@link #flush} when it is done. */
    public void onReceived(int length) {
        working = true;
        if (payload != null) {
            payloadFilled += length;
            if (payloadFilled == payloadLength) {
                finishPayload();
            }
        } else {
            process(carryLength + length);
        }
        working = false;
    }

    /** Takes bytes that were received before the session existed. Called once, first. */
    public void adopt(byte[] unread) {
        int taken = 0;
        while (taken < unread.length && phase == Phase.OPEN) {
            int room = Math.min(prepareReceive(), unread.length - taken);
            receiveBuffer().putBytes(receiveIndex(), unread, taken, room);
            taken += room;
            onReceived(room);
        }
        flush();
    }

    private void process(int limit) {
        heldBack = false;
        int index = 0;
        while (phase == Phase.OPEN) {
            if (skipLength > 0) {
                int skipped = (int) Math.min(skipLength, limit - index);
                skipLength -= skipped;
                index += skipped;
            }
            if (limit - index < requestLength) {
                break;
            }
            if (!takesRequests()) {
                heldBack = true;
                break;
            }
            int consumed = processRequest(index, limit);
            if (consumed == 0) {
                break;
            }
            index += consumed;
            flushEarly();
        }
        keep(index, phase == Phase.OPEN ? limit : index);
    }

    private void flushEarly() {
        unflushedCount++;
        if (unflushedCount >= EARLY_COUNT || transmit.length() >= EARLY_LENGTH) {
            send();
        }
    }

    /** @return bytes used up, 0 if the payload is not all here */
    private int processRequest(int index, int limit) {
        request.wrap(shared, index);
        if (request.magic() != (extended ? NbdProtocol.EXTENDED_REQUEST_MAGIC : NbdProtocol.REQUEST_MAGIC)) {
            violate("request magic is 0x" + Integer.toHexString(request.magic()));
            return limit - index;
        }
        int type = request.type();
        int flags = request.flags();
        long cookie = request.cookie();
        long offset = request.offset();
        long length = extended ? request.extendedLength() : request.length();
        if (type == CMD_DISC) {
            phase = Phase.DISCONNECTING;
            return requestLength;
        }
        // QEMU sends its data without the flag that should say so.
        boolean hasPayload = type == CMD_WRITE || extended && (flags & CMD_FLAG_PAYLOAD_LEN) != 0;
        if (extended && hasPayload && !RequestValidator.canSkip(length)) {
            violate("a payload of " + Long.toUnsignedString(length) + " bytes is announced");
            return limit - index;
        }
        if (extended && hasPayload && type == CMD_BLOCK_STATUS && status != null) {
            return statusOfSome(flags, cookie, offset, index + requestLength, length, limit);
        }
        Failure failure = stopping ? Failure.STOPPING : validator.validate(type, flags, offset, length);
        if (failure != null) {
            return refuse(cookie, offset, hasPayload ? length : 0, failure);
        }
        if (type != CMD_WRITE) {
            requestCount++;
            dispatch(type, flags, cookie, offset, length);
            return requestLength;
        }
        return writeOrWait(flags, cookie, offset, (int) length, index + requestLength, limit);
    }

    private int writeOrWait(int flags, long cookie, long offset, int length, int payloadIndex, int limit) {
        if (limit - payloadIndex >= length) {
            write(flags, cookie, offset, length, shared, payloadIndex);
            return requestLength + length;
        }
        if (length <= CARRY_LIMIT) {
            return 0;
        }
        beginPayload(flags, cookie, offset, length);
        payloadFilled = limit - payloadIndex;
        payload.putBytes(0, shared, payloadIndex, payloadFilled);
        return limit - payloadIndex + requestLength;
    }

    /** BLOCK_STATUS for the contexts that its payload names. @return as {@link #processRequest} */
    private int statusOfSome(int flags, long cookie, long offset, int payloadIndex, long payloadLength, int limit) {
        if (payloadLength < Long.BYTES || payloadLength > status.maxPayloadLength()) {
            return refuse(cookie, offset, payloadLength, Failure.WRONG_CONTEXTS);
        }
        if (limit - payloadIndex < payloadLength) {
            return 0;
        }
        long length = shared.getLong(payloadIndex, ByteOrder.BIG_ENDIAN);
        int count = status.ask(shared, payloadIndex, (int) payloadLength);
        Failure failure = stopping ? Failure.STOPPING : validator.validate(CMD_BLOCK_STATUS, flags, offset, length);
        if (failure == null && count == 0) {
            failure = Failure.WRONG_CONTEXTS;
        }
        if (failure != null) {
            return refuse(cookie, offset, payloadLength, failure);
        }
        requestCount++;
        status.answer(count, flags, cookie, offset, length);
        return requestLength + (int) payloadLength;
    }

    /** @param payloadLength bytes that follow, to be thrown away; 0 to 2^32-1 */
    private int refuse(long cookie, long offset, long payloadLength, Failure failure) {
        rejectedCount++;
        skipLength = payloadLength;
        slot(request.type(), cookie, offset, 0).refuse(failure);
        releaseInline();
        return requestLength;
    }

    /** Keeps the unread bytes {@code [from, to)} of the shared buffer. */
    private void keep(int from, int to) {
        int length = to - from;
        if (length > 0) {
            UnsafeBuffer kept = carry != null && carry.capacity() >= length ? carry : pool.acquire(length);
            kept.putBytes(0, shared, from, length);
            if (carry != null && kept != carry) {
                pool.release(carry);
            }
            carry = kept;
        } else if (carry != null) {
            pool.release(carry);
            carry = null;
        }
        carryLength = length;
    }

    private void beginPayload(int flags, long cookie, long offset, int length) {
        payload = pool.acquire(length);
        payloadLength = length;
        payloadFlags = flags;
        payloadCookie = cookie;
        payloadOffset = offset;
    }

    private void finishPayload() {
        UnsafeBuffer whole = payload;
        payload = null;
        write(payloadFlags, payloadCookie, payloadOffset, payloadLength, whole, 0);
        pool.release(whole);
    }

    // Requests

    /** The slot of the request at hand; the previous one was finished or parked. */
    private ReplySlot slot(int type, long cookie, long offset, int readLength) {
        current = freeSlots.pollFirst();
        if (current == null) {
            current = new ReplySlot(this, transmit, pool, chunks);
        }
        current.begin(type, cookie, offset, readLength);
        return current;
    }

    /** A slot that was answered inline is free again; a parked one comes back when it completes. */
    private void releaseInline() {
        if (current.isFree()) {
            freeSlots.addFirst(current);
        } else {
            assert current.isParked() : "the export neither answered nor parked a request";
        }
        current = null;
    }

    private void dispatch(int type, int flags, long cookie, long offset, long length) {
        switch (type) {
            case CMD_READ -> {
                ReplySlot slot = slot(type, cookie, offset, (int) length);
                if ((flags & CMD_FLAG_DF) != 0) {
                    slot.keepWhole();
                }
                export.read(offset, (int) length, flags, slot);
            }
            case CMD_FLUSH -> export.flush(slot(type, cookie, offset, 0));
            case CMD_TRIM -> export.trim(offset, length, flags, slot(type, cookie, offset, 0));
            case CMD_WRITE_ZEROES -> export.writeZeroes(offset, length, flags, slot(type, cookie, offset, 0));
            case CMD_CACHE -> export.cache(offset, length, slot(type, cookie, offset, 0));
            case CMD_BLOCK_STATUS -> {
                status.answer(status.askAll(), flags, cookie, offset, length);
                return;
            }
            default -> throw new AssertionError("command " + type + " passed the validator");
        }
        releaseInline();
    }

    private void write(int flags, long cookie, long offset, int length, DirectBuffer source, int index) {
        requestCount++;
        export.write(offset, length, flags, source, index, slot(CMD_WRITE, cookie, offset, 0));
        releaseInline();
    }

    // Replies

    void onParked(int length) {
        parkedCount++;
        parkedLength += length;
    }

    void onUnparked(int length) {
        assert !working || current == null || !current.isInline()
                : "a parked reply was finished while another request of the connection was being answered";
        parkedCount--;
        parkedLength -= length;
    }

    void onParkedFinished(ReplySlot slot) {
        if (slot != current) {
            freeSlots.addFirst(slot);
        }
        if (!working) {
            outlet.requestFlush();
        }
    }

    /** Sends what the peer takes, and goes on with requests that were held back until it took that much. */
    public void flush() {
        send();
        while (heldBack && !working && wantsInput()) {
            prepareReceive();
            onReceived(0);
            send();
        }
    }

    private void send() {
        unflushedCount = 0;
        if (transmit.flush()) {
            transmit.releaseIfEmpty();
        }
    }

    // State

    /** Bytes of replies that are not sent yet. */
    public long unsentLength() {
        return transmit.length();
    }

    private boolean takesRequests() {
        return parkedCount < MAX_PARKED_COUNT
                && parkedLength < MAX_PARKED_LENGTH
                && transmit.length() < MAX_UNSENT_LENGTH
                && (stopping || pool.admits(parkedCount == 0 && transmit.length() == 0));
    }

    /** Whether the owner should read from the socket. */
    public boolean wantsInput() {
        // The rest of a payload has its memory already, and gives it back only when it is here.
        return phase == Phase.OPEN && (payload != null || takesRequests());
    }

    /** Whether the owner should wait for the socket to take more. */
    public boolean wantsOutput() {
        return transmit.length() > 0;
    }

    /** Whether the connection can be closed: no request is unanswered, and nothing is unsent. */
    public boolean isFinished() {
        return (phase != Phase.OPEN || stopping) && parkedCount == 0 && payload == null && transmit.length() == 0;
    }

    /** What the peer did wrong; empty if nothing. The owner closes the connection then. */
    public String violation() {
        return violation;
    }

    private void violate(String what) {
        violation = what;
        abort();
    }

    /**
     * The server stops: requests that come from now on are answered with ESHUTDOWN, until those in flight are answered
     * ({@link #isFinished}).
     */
    public void drain() {
        stopping = true;
    }

    /** The peer is gone, or must go: nothing more is sent. Parked requests still finish, see {@link #isFinished}. */
    public void abort() {
        phase = Phase.ABORTED;
        working = false;
        current = null;
        transmit.discard();
        keep(0, 0);
        if (payload != null) {
            pool.release(payload);
            payload = null;
        }
    }

    boolean isAborted() {
        return phase == Phase.ABORTED;
    }

    /** Requests that the export saw so far. */
    public long requestCount() {
        return requestCount;
    }

    /** Requests that were refused by validation so far. */
    public long rejectedCount() {
        return rejectedCount;
    }

    /** Whether the peer has begun a request and still owes the rest of it. */
    public boolean isInsideRequest() {
        return payload != null || skipLength > 0 || (carryLength > 0 && !heldBack);
    }

    /** Requests that wait for something. */
    public int parkedCount() {
        return parkedCount;
    }

    public Export export() {
        return export;
    }
}
