package io.varve.nbd.fuzz;

import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * A request inside the disk, from its arrival to its end. One byte of the script decides what becomes of it.
 *
 * <p>Reused. Owned by the thread of the test.
 */
final class ParkedRequest {

    private static final int FAILS_AT_ONCE = 0b1000_1100;

    private final OracleDisk disk;
    private ClientRequest request;
    private Reply reply;
    /** Bits 0-1: 0, 1 at once, 2, 3 later. Bits 2-3: 3 it fails. Bits 4-5: how zeroes are told. Bits 6-7: steps. */
    private int choice;
    private boolean isParked;
    private DirectBuffer kept;
    private int filled;
    private boolean allZero;

    ParkedRequest(OracleDisk disk) {
        this.disk = disk;
    }

    void begin(ClientRequest newRequest, Reply newReply, int newChoice) {
        request = newRequest;
        reply = newReply;
        choice = newChoice;
        isParked = false;
        kept = null;
        filled = 0;
        allZero = true;
    }

    private boolean later() {
        return (choice & 3) >= 2;
    }

    private boolean fails() {
        return (choice & 0b1100) == 0b1100 && (choice & 0b1000_0000) != 0;
    }

    private void park() {
        isParked = true;
        disk.parked.add(this);
    }

    void read() {
        if (!disk.affords((int) request.length)) {
            choice = FAILS_AT_ONCE;
        } else {
            request.expected.reserve((int) request.length);
        }
        if (later()) {
            fill((int) request.length * (choice >>> 6) / 4);
            reply.park();
            park();
        } else {
            finish();
        }
    }

    void write(DirectBuffer payload, int payloadIndex) {
        if (!later()) {
            finish();
            return;
        }
        if ((choice & 1) == 0) {
            kept = reply.parkWithPayload(payload, payloadIndex, (int) request.length);
        } else {
            disk.store(request);
            reply.park();
        }
        park();
    }

    void other() {
        if (later()) {
            reply.park();
            park();
        } else {
            finish();
        }
    }

    /** Bytes that the server must keep for it: room for a READ, the payload of a WRITE. */
    long heldLength() {
        return request.type == RequestRules.READ || kept != null ? request.length : 0;
    }

    /** Brings a READ that waits a little further. */
    void advance() {
        if (request.type == RequestRules.READ && filled < request.length) {
            fill(filled + ((int) request.length - filled + 1) / 2);
        }
    }

    /** Answers. A parked one was taken off the list. */
    void finish() {
        if (fails()) {
            fail();
        } else {
            succeed();
        }
        disk.release(this);
    }

    private void fail() {
        NbdError error = OracleDisk.error(request, choice >>> 4);
        if (request.type == RequestRules.READ && !isParked && request.length <= OracleDisk.WINDOW) {
            fill((int) request.length / 2);
        }
        request.fate = ClientRequest.Fate.FAILED;
        request.diskErrors = Errors.ofWire(error.wireValue());
        if ((choice & 1) == 0 && request.length > 0 && request.type != RequestRules.FLUSH) {
            request.failedOffset = request.offset + request.length / 3;
            reply.failAt(error, request.failedOffset);
        } else {
            reply.fail(error);
        }
    }

    private void succeed() {
        switch (request.type) {
            case RequestRules.READ -> {
                succeedRead();
                return;
            }
            case RequestRules.WRITE -> {
                if (kept != null) {
                    disk.requirePayload(request, kept, reply.bufferIndex());
                }
                disk.store(request);
            }
            case RequestRules.TRIM, RequestRules.WRITE_ZEROES -> disk.clear(request.offset, request.length);
            default -> { }
        }
        request.fate = ClientRequest.Fate.DONE;
        reply.complete();
    }

    private void succeedRead() {
        int length = (int) request.length;
        if (allZero && (choice & 16) == 0 && restIsZero()) {
            request.expected.zeroes(length - filled);
            request.fate = ClientRequest.Fate.DONE;
            reply.completeZeroes();
            return;
        }
        fill(length);
        request.fate = ClientRequest.Fate.DONE;
        reply.complete();
    }

    private boolean restIsZero() {
        for (int at = filled; at < request.length; ) {
            if (disk.mayHoldData(request.offset + at)) {
                return false;
            }
            at += disk.stretch(request.offset + at, (int) request.length - at);
        }
        return true;
    }

    /** From front to back, as the port demands. */
    private void fill(int to) {
        while (filled < to) {
            long offset = request.offset + filled;
            int piece = disk.stretch(offset, to - filled);
            if (disk.mayHoldData(offset)) {
                allZero = false;
                byte[] source = disk.bytes;
                int index = disk.index(offset);
                reply.buffer().putBytes(reply.bufferIndex() + filled, source, index, piece);
                request.expected.put(source, index, piece);
            } else {
                fillZeroes(piece);
            }
            filled += piece;
        }
    }

    private void fillZeroes(int length) {
        if ((choice & 32) == 0) {
            reply.zeroes(filled, length);
        } else {
            int step = disk.scratch().length;
            for (int done = 0; done < length; done += step) {
                int piece = Math.min(step, length - done);
                Arrays.fill(disk.scratch(), 0, piece, (byte) 0);
                reply.buffer().putBytes(reply.bufferIndex() + filled + done, disk.scratch(), 0, piece);
            }
        }
        request.expected.zeroes(length);
    }
}
