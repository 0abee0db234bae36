package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.export.StatusSink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * A disk that knows what it said. Its bytes are the first and the last quarter of a megabyte; what lies between, on a
 * larger disk, is a hole that swallows writes. The script decides of each request whether it is done at once, later,
 * in parts, or not at all.
 *
 * <p>Every call is checked against the requests of the client: it is one of them, it may reach an export, and it comes
 * once.
 *
 * <p>Owned by the thread of the test.
 */
final class OracleDisk implements Export {

    static final int PAGE = 4096;
    static final int WINDOW = 256 * 1024;
    /** Bytes that long READs of one input may have. */
    private static final int MAX_READ_LENGTH = 100 << 20;

    private final AllocationMeter meter;
    private final ClientStream client;
    final byte[] bytes = new byte[2 * WINDOW];
    /** By page of {@link #bytes}: whether it may hold something but zeroes. */
    private final boolean[] dirty = new boolean[2 * WINDOW / PAGE];
    private byte[] scratch = new byte[1 << 17];
    private final ArrayDeque<ParkedRequest> free = new ArrayDeque<>();
    final List<ParkedRequest> parked = new ArrayList<>();

    private Facts facts;
    private Script script;
    private long size;
    /** The first request that may still come. */
    private int nextOrdinal;
    private boolean stopping;
    private boolean closed;
    private int readLength;

    OracleDisk(AllocationMeter meter, ClientStream client) {
        this.meter = meter;
        this.client = client;
    }

    void reset(Facts newFacts, Script newScript) {
        facts = newFacts;
        script = newScript;
        size = newFacts.info().size();
        nextOrdinal = 0;
        stopping = false;
        closed = false;
        readLength = 0;
        parked.clear();
        for (int page = 0; page < dirty.length; page++) {
            if (dirty[page] && page % 3 != 0) {
                Arrays.fill(bytes, page * PAGE, (page + 1) * PAGE, (byte) 0);
                dirty[page] = false;
            }
        }
        for (int page = 0; page < dirty.length; page += 3) {
            if (!dirty[page]) {
                Pattern.copy(bytes, page * PAGE, PAGE, page);
                dirty[page] = true;
            }
        }
    }

    /** From now on nothing new may come but a WRITE that the server was receiving. */
    void stopping() {
        stopping = true;
    }

    boolean isClosed() {
        return closed;
    }

    /** Finds the request of a call, and notes that it came. */
    private ClientRequest arrived(int type, long offset, long length, int flags) {
        require(!closed, "a call after close()");
        while (nextOrdinal < client.count() && isPast(client.request(nextOrdinal))) {
            nextOrdinal++;
        }
        for (int i = nextOrdinal; i < client.count(); i++) {
            ClientRequest request = client.request(i);
            if (request.fate == ClientRequest.Fate.NOT_ASKED && request.faults == Errors.NONE
                    && request.type == type && !request.answerBegun
                    && (type == RequestRules.FLUSH || request.offset == offset && request.length == length)
                    && (type == RequestRules.FLUSH || type == RequestRules.CACHE || request.flags == flags)) {
                require(client.isWhole(request), "an export was given half of @", request);
                require(!stopping || type == RequestRules.WRITE, "an export was given after drain() @", request);
                request.fate = ClientRequest.Fate.PENDING;
                return request;
            }
        }
        throw new Fault("an export was given what no client asked for, or what must be refused: type " + type
                + " offset " + offset + " length " + length + " flags " + Integer.toHexString(flags));
    }

    private static boolean isPast(ClientRequest request) {
        return request.fate != ClientRequest.Fate.NOT_ASKED || request.faults != Errors.NONE || request.answerBegun;
    }

    private ParkedRequest slot(ClientRequest request, Reply reply) {
        ParkedRequest slot = free.pollFirst();
        if (slot == null) {
            slot = new ParkedRequest(this);
            meter.discount(128);
        }
        slot.begin(request, reply, script.u8());
        return slot;
    }

    /** We keep what we say: a few of the longest READs are enough for one input, the rest fails. */
    boolean affords(int length) {
        if (length > WINDOW && readLength > MAX_READ_LENGTH) {
            return false;
        }
        readLength += length > WINDOW ? length : 0;
        return true;
    }

    void release(ParkedRequest slot) {
        free.addFirst(slot);
    }

    @Override
    public ExportInfo info() {
        return facts.info();
    }

    @Override
    public int ownerKey() {
        return 0;
    }

    @Override
    public void attach(ExportOwner owner) {}

    @Override
    public void read(long offset, int length, int commandFlags, Reply reply) {
        slot(arrived(RequestRules.READ, offset, length, commandFlags), reply).read();
    }

    @Override
    public void write(
            long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        ClientRequest request = arrived(RequestRules.WRITE, offset, length, commandFlags);
        requirePayload(request, payload, payloadIndex);
        slot(request, reply).write(payload, payloadIndex);
    }

    /** The bytes are those of the client. */
    void requirePayload(ClientRequest request, DirectBuffer payload, int payloadIndex) {
        int length = (int) request.length;
        if (scratch.length < length) {
            scratch = meter.grown(scratch, length);
        }
        payload.getBytes(payloadIndex, scratch, 0, length);
        int from = client.bytes().from() + request.payloadStart;
        int at = Arrays.mismatch(scratch, 0, length, client.bytes().array(), from, from + length);
        require(at < 0, "the payload differs from byte @ on in @", at, request);
    }

    @Override
    public void flush(Reply reply) {
        slot(arrived(RequestRules.FLUSH, 0, 0, 0), reply).other();
    }

    @Override
    public void trim(long offset, long length, int commandFlags, Reply reply) {
        slot(arrived(RequestRules.TRIM, offset, length, commandFlags), reply).other();
    }

    @Override
    public void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        slot(arrived(RequestRules.WRITE_ZEROES, offset, length, commandFlags), reply).other();
    }

    @Override
    public void cache(long offset, long length, Reply reply) {
        slot(arrived(RequestRules.CACHE, offset, length, 0), reply).other();
    }

    @Override
    public void blockStatus(int contextIndex, long offset, long length, StatusSink sink) {
        ClientRequest request = asking(contextIndex, offset, length);
        request.tellingBegins(contextIndex);
        int granule = contextIndex == 2 && script.once(8) ? 16 : PAGE << script.below(4);
        long fine = granule == 16 ? 8192 : 64;
        for (long at = offset; at < offset + length; ) {
            long left = offset + length - at;
            long extent = Math.min(left, left > fine * granule ? left - fine / 2 * granule : granule - at % granule);
            int flags = contextIndex == 0 ? (isZero(at, extent) ? 3 : 0) : (int) (at / granule & 1) + contextIndex;
            if (!sink.add(extent, flags)) {
                return;
            }
            request.tell(contextIndex, extent, flags);
            at += extent;
        }
    }

    /** The BLOCK_STATUS that a call belongs to: the one that is being told about, or a new one. */
    private ClientRequest asking(int contextIndex, long offset, long length) {
        require(facts.contextIds()[contextIndex] != 0, "an export was asked for a context that nobody selected");
        for (int i = nextOrdinal; i < client.count(); i++) {
            ClientRequest request = client.request(i);
            if (request.fate == ClientRequest.Fate.DONE && request.type == RequestRules.BLOCK_STATUS
                    && !request.answered && request.offset == offset && request.length == length
                    && request.asked[contextIndex] && request.toldCount[contextIndex] < 0) {
                return request;
            }
        }
        for (int i = nextOrdinal; i < client.count(); i++) {
            ClientRequest request = client.request(i);
            if (request.fate == ClientRequest.Fate.NOT_ASKED && request.type == RequestRules.BLOCK_STATUS
                    && request.faults == Errors.NONE && !request.answerBegun && request.asked[contextIndex]
                    && request.offset == offset && request.length == length) {
                arrived(RequestRules.BLOCK_STATUS, offset, length, request.flags);
                request.fate = ClientRequest.Fate.DONE;
                return request;
            }
        }
        throw new Fault("an export was asked for context " + contextIndex + " of " + offset + "+" + length
                + ", and no client wants it");
    }

    private boolean isZero(long offset, long length) {
        for (long at = offset; at < offset + length; at = pageEnd(at)) {
            int index = index(at);
            if (index >= 0 && dirty[index / PAGE]) {
                return false;
            }
            if (index < 0) {
                at = Math.max(at, size - WINDOW - 2 * PAGE & -PAGE);
            }
        }
        return true;
    }

    private static long pageEnd(long offset) {
        return (offset & -PAGE) + PAGE;
    }

    /** @return index in {@link #bytes} of a byte of the disk; -1 if it is in the hole */
    int index(long offset) {
        if (offset < WINDOW || size <= 2 * WINDOW) {
            return (int) offset;
        }
        long fromEnd = (size - 1 & -PAGE) + PAGE - offset;
        return fromEnd <= WINDOW ? (int) (2 * WINDOW - fromEnd) : -1;
    }

    /** Bytes from {@code offset} that are alike: all of one page, or all in the hole. */
    int stretch(long offset, int most) {
        if (index(offset) >= 0) {
            return (int) Math.min(most, pageEnd(offset) - offset);
        }
        return (int) Math.min(most, (size - 1 & -PAGE) + PAGE - WINDOW - offset);
    }

    boolean mayHoldData(long offset) {
        int index = index(offset);
        return index >= 0 && dirty[index / PAGE];
    }

    /** The WRITE happens. */
    void store(ClientRequest request) {
        int from = client.bytes().from() + request.payloadStart;
        int length = (int) request.length;
        for (int done = 0; done < length; ) {
            int piece = stretch(request.offset + done, length - done);
            int index = index(request.offset + done);
            if (index >= 0) {
                System.arraycopy(client.bytes().array(), from + done, bytes, index, piece);
                dirty[index / PAGE] = true;
            }
            done += piece;
        }
    }

    /** The range becomes zeroes. */
    void clear(long offset, long length) {
        for (long at = offset; at < offset + length; ) {
            int piece = stretch(at, (int) Math.min(1 << 30, offset + length - at));
            int index = index(at);
            if (index >= 0) {
                Arrays.fill(bytes, index, index + piece, (byte) 0);
                dirty[index / PAGE] &= piece < PAGE;
                at += piece;
            } else {
                at = Math.min(offset + length, (size - 1 & -PAGE) + PAGE - WINDOW);
            }
        }
    }

    static NbdError error(ClientRequest request, int choice) {
        if (request.type == RequestRules.WRITE_ZEROES && request.is(RequestRules.FAST_ZERO)) {
            return NbdError.ENOTSUP;
        }
        NbdError[] others = {NbdError.EIO, NbdError.ENOSPC, NbdError.ENOMEM, NbdError.ESHUTDOWN};
        boolean grows = request.type == RequestRules.WRITE || request.type == RequestRules.WRITE_ZEROES;
        NbdError error = others[choice % others.length];
        return error == NbdError.ENOSPC && !grows ? NbdError.EIO : error;
    }

    byte[] scratch() {
        return scratch;
    }

    @Override
    public void close() {
        require(!closed, "closed twice");
        require(parked.isEmpty(), "closed with requests that are not finished");
        closed = true;
    }
}
