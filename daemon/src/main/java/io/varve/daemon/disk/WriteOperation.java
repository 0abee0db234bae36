package io.varve.daemon.disk;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.nbd.export.Reply;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How far a WRITE, WRITE_ZEROES or TRIM has come. Reused.
 *
 * <p>Owned by the agent of the disk; {@link #page} while parked by the worker that reads a base page.
 */
final class WriteOperation extends Errand {

    enum Kind {
        WRITE("write"),
        ZEROES("write of zeroes"),
        TRIM("trim");

        final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    /** What edges of WRITE_ZEROES are written from; never changed. */
    private static final UnsafeBuffer ZERO_PAGE = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private static final long NO_PAGE = -1;

    private final WritePath path;
    /** Where a page is put together that the client wrote only a part of. */
    final UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);

    Kind kind;
    /** Null until the operation starts. */
    DiskView view;
    Reply reply;
    /** Byte of the disk that comes next. */
    long offset;
    /** Bytes from there to the end of the request. */
    long remaining;

    private int commandFlags;
    private DirectBuffer payload;
    /** Of the byte for {@link #offset}. */
    private int payloadIndex;
    private boolean parked;
    /** What a worker reads into {@link #page}; null if the operation only makes room for others. */
    private BlockSource baseSource;
    private long basePosition;
    private long basePageIndex;

    WriteOperation(WritePath path, WorkerDoor door) {
        super(door);
        this.path = path;
    }

    void begin(Kind newKind, long newOffset, long length, int flags, Reply newReply) {
        kind = newKind;
        offset = newOffset;
        remaining = length;
        commandFlags = flags;
        reply = newReply;
        payload = ZERO_PAGE;
        payloadIndex = 0;
        parked = false;
        basePageIndex = NO_PAGE;
    }

    void payload(DirectBuffer newPayload, int index) {
        payload = newPayload;
        payloadIndex = index;
    }

    void start(DiskView newView) {
        view = newView.enter();
    }

    void end() {
        view.leave();
        view = null;
        reply = null;
        payload = null;
        baseSource = null;
    }

    boolean has(int commandFlag) {
        return (commandFlags & commandFlag) != 0;
    }

    boolean mustAllocate() {
        return kind == Kind.WRITE || has(NbdProtocol.CMD_FLAG_NO_HOLE);
    }

    /** What to store at {@link #offset}; for zeroes, good for one page at a time. */
    DirectBuffer payload() {
        return payload;
    }

    int payloadIndex() {
        return payloadIndex;
    }

    void consume(long length) {
        offset += length;
        remaining -= length;
        if (kind == Kind.WRITE) {
            payloadIndex += (int) length;
        }
    }

    /** Before a worker reads a page of the chain into {@link #page}. */
    void parkForBase(BlockSource source, long position, long pageIndex) {
        park();
        baseSource = source;
        basePosition = position;
        basePageIndex = pageIndex;
    }

    /** Before a worker sends the operation back, behind what waits meanwhile. */
    void parkForOthers() {
        park();
        baseSource = null;
        basePageIndex = NO_PAGE;
    }

    /** Before the operation waits to be started. */
    void park() {
        if (!parked) {
            parked = true;
            if (kind == Kind.WRITE) {
                payload = reply.parkWithPayload(payload, payloadIndex, (int) remaining);
                payloadIndex = reply.bufferIndex();
            } else {
                reply.park();
            }
        }
    }

    /** Whether {@link #page} holds what the chain has at {@code pageIndex}; asked once per fetched page. */
    boolean takeBase(long pageIndex) {
        final boolean fetched = basePageIndex == pageIndex;
        basePageIndex = NO_PAGE;
        return fetched;
    }

    @Override
    void work() throws IOException {
        if (baseSource != null) {
            baseSource.read(basePosition, page, 0, Pages.PAGE_SIZE);
        }
    }

    @Override
    void resume(IOException workFailure) {
        path.resume(this, workFailure);
    }
}
