package io.varve.daemon.disk;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.ArrayDeque;
import org.agrona.DirectBuffer;

/**
 * Carries WRITE, WRITE_ZEROES and TRIM into the overlay: whole pages as they are, edges by completing the page. A
 * base page that is not in memory parks the request; when it is there, the same loop goes on at the edge and looks
 * at the state of the page anew, because another request may have written it meanwhile.
 *
 * <p>A page at the end of a disk whose size is no multiple of the page is whole in storage: what reaches the end of
 * the disk covers it, and its rest is zero.
 *
 * <p>Owned by the agent of the disk.
 */
final class WritePath {

    /** Pages whose state changes before others have their turn: 256 MiB. */
    private static final long STATE_SLICE_PAGES = 256L << (20 - Pages.PAGE_SHIFT);
    /** Pages that are allocated before others have their turn: 4 MiB, which may have to be written. */
    private static final long ALLOCATION_SLICE_PAGES = 4L << (20 - Pages.PAGE_SHIFT);

    private final DiskCore core;
    private final DiskStatistics statistics;
    private final ArrayDeque<WriteOperation> pool = new ArrayDeque<>();
    private final Run run = new Run();
    /** Started, and not ended. */
    private int activeCount;
    /** Told when the last active operation has ended; null while operations start as they come. */
    private Runnable onDrained;
    private final ArrayDeque<WriteOperation> held = new ArrayDeque<>();

    WritePath(DiskCore core) {
        this.core = core;
        this.statistics = core.statistics();
    }

    void write(long offset, int length, int commandFlags, DirectBuffer payload, int payloadIndex, Reply reply) {
        statistics.addRequest(Counter.WRITES, Counter.WRITE_BYTES, length);
        final WriteOperation operation = begin(WriteOperation.Kind.WRITE, offset, length, commandFlags, reply);
        operation.payload(payload, payloadIndex);
        start(operation);
    }

    void writeZeroes(long offset, long length, int commandFlags, Reply reply) {
        statistics.addRequest(Counter.ZEROES);
        if ((commandFlags & NbdProtocol.CMD_FLAG_FAST_ZERO) != 0
                && ((commandFlags & NbdProtocol.CMD_FLAG_NO_HOLE) != 0
                        || edgesThatNeedBase(offset, length) > 0)) {
            reply.fail(NbdError.ENOTSUP);
            return;
        }
        start(begin(WriteOperation.Kind.ZEROES, offset, length, commandFlags, reply));
    }

    /** Leaves the pages alone that lie in the range only in part. */
    void trim(long offset, long length, int commandFlags, Reply reply) {
        statistics.addRequest(Counter.TRIMS);
        final long end = offset + length;
        final long first = Pages.offset(Pages.count(offset));
        final long last = end == core.size() ? end : Pages.offset(Pages.index(end));
        start(begin(WriteOperation.Kind.TRIM, first, Math.max(0, last - first), commandFlags, reply));
    }

    private WriteOperation begin(
            WriteOperation.Kind kind, long offset, long length, int commandFlags, Reply reply) {
        WriteOperation operation = pool.pollLast();
        if (operation == null) {
            operation = new WriteOperation(this, core.door());
        }
        operation.begin(kind, offset, length, commandFlags, reply);
        return operation;
    }

    private void start(WriteOperation operation) {
        if (onDrained != null) {
            operation.park();
            held.addLast(operation);
            return;
        }
        operation.start(core.view());
        activeCount++;
        try {
            requireRoom(operation);
        } catch (final IOException ex) {
            fail(operation, ex);
            return;
        }
        advance(operation);
    }

    /** Of the quota, for all that the operation will do in several steps: it is refused before the first one. */
    private void requireRoom(WriteOperation operation) throws IOException {
        final Overlay overlay = operation.view.overlay;
        final long offset = operation.offset;
        final long length = operation.remaining;
        if (operation.mustAllocate()) {
            final long first = Pages.index(offset);
            overlay.requireRoom(first, Pages.count(offset + length) - first);
        } else if (operation.kind == WriteOperation.Kind.ZEROES) {
            overlay.requireRoom(edgesThatNeedBase(offset, length));
        }
    }

    /**
     * From now on operations wait before they start.
     *
     * @param whenDrained runs once when those that have started have ended; may run at once
     */
    void hold(Runnable whenDrained) {
        onDrained = whenDrained;
        if (activeCount == 0) {
            whenDrained.run();
        }
    }

    boolean isHeld() {
        return onDrained != null;
    }

    /** Operations that waited start now, in the view that is current now. */
    void release() {
        onDrained = null;
        while (!held.isEmpty() && onDrained == null) {
            start(held.pollFirst());
        }
    }

    private void ended() {
        activeCount--;
        if (activeCount == 0 && onDrained != null) {
            onDrained.run();
        }
    }

    /** Called again for a parked operation when its worker is done. */
    void resume(WriteOperation operation, IOException failure) {
        if (failure != null) {
            fail(operation, failure);
            return;
        }
        advance(operation);
    }

    private void advance(WriteOperation operation) {
        try {
            while (operation.remaining > 0) {
                if (!step(operation)) {
                    core.door().send(operation);
                    return;
                }
            }
        } catch (final IOException ex) {
            fail(operation, ex);
            return;
        }
        final Reply reply = operation.reply;
        final String what = operation.kind.text;
        final boolean stable = operation.has(NbdProtocol.CMD_FLAG_FUA);
        release(operation);
        if (stable) {
            core.commits().commit(reply, what);
        } else {
            reply.complete();
        }
        ended();
    }

    /** One edge, or as many whole pages as go in one piece; false if the operation was parked instead. */
    private boolean step(WriteOperation operation) throws IOException {
        final long wholePages = wholePages(operation);
        if (wholePages == 0) {
            return edge(operation);
        }
        if (operation.kind == WriteOperation.Kind.WRITE) {
            operation.view.overlay.writePages(
                    Pages.index(operation.offset),
                    (int) wholePages,
                    operation.payload(),
                    operation.payloadIndex());
            operation.consume(Pages.offset(wholePages));
            return true;
        }
        return zeroPages(operation, wholePages);
    }

    /** Whole pages at the operation's offset. The page at the end of the disk may be one, if no payload is needed. */
    private long wholePages(WriteOperation operation) {
        if ((operation.offset & Pages.PAGE_MASK) != 0) {
            return 0;
        }
        final boolean padded = operation.kind != WriteOperation.Kind.WRITE
                && operation.offset + operation.remaining == core.size();
        return padded ? Pages.count(operation.remaining) : Pages.index(operation.remaining);
    }

    private boolean zeroPages(WriteOperation operation, long wholePages) throws IOException {
        final Overlay overlay = operation.view.overlay;
        final long page = Pages.index(operation.offset);
        final long pages;
        if (operation.mustAllocate()) {
            pages = Math.min(wholePages, ALLOCATION_SLICE_PAGES);
            overlay.allocateZeroPages(page, pages);
        } else {
            pages = Math.min(wholePages, STATE_SLICE_PAGES);
            overlay.zeroPages(page, pages);
        }
        operation.consume(Math.min(operation.remaining, Pages.offset(pages)));
        if (pages == wholePages) {
            return true;
        }
        operation.parkForOthers();
        return false;
    }

    private boolean edge(WriteOperation operation) throws IOException {
        final Overlay overlay = operation.view.overlay;
        final long page = Pages.index(operation.offset);
        final int inPage = (int) operation.offset & Pages.PAGE_MASK;
        final int length = (int) Math.min(operation.remaining, Pages.PAGE_SIZE - inPage);
        final int state = overlay.state(page);
        final boolean fetched = operation.takeBase(page);
        if (state == Overlay.PRESENT) {
            overlay.overwrite(operation.offset, length, operation.payload(), operation.payloadIndex());
            operation.consume(length);
            return true;
        }
        if (state == Overlay.ZERO || coversPage(operation.offset, length) || !inChain(operation.view.chain, page)) {
            if (!operation.mustAllocate()) {
                overlay.zeroPages(page, 1);
                operation.consume(length);
                return true;
            }
            operation.page.setMemory(0, Pages.PAGE_SIZE, (byte) 0);
        } else if (!fetched && !readBase(operation, page)) {
            return false;
        }
        operation.page.putBytes(inPage, operation.payload(), operation.payloadIndex(), length);
        overlay.writePages(page, 1, operation.page, 0);
        operation.consume(length);
        return true;
    }

    /** Reads the page that {@link #inChain} found; false if the operation was parked for it. */
    private boolean readBase(WriteOperation operation, long page) throws IOException {
        final BlockSource source = operation.view.chain.source(run.blobIndex());
        final long position = Pages.offset(run.blobPage());
        core.boot().onRead(page, 1, core.nowNs());
        if (source.readNow(position, operation.page, 0, Pages.PAGE_SIZE) == Pages.PAGE_SIZE) {
            return true;
        }
        operation.parkForBase(source, position, page);
        return false;
    }

    /** Whether a layer holds bytes of the page; leaves in {@code run} where. */
    private boolean inChain(ChainSnapshot chain, long page) {
        chain.extents().lookup(page, 1, run);
        return run.kind() == Run.DATA;
    }

    /** Whether the piece of a page is all that the client can see of it. */
    private boolean coversPage(long offset, int length) {
        return (offset & Pages.PAGE_MASK) == 0 && (length == Pages.PAGE_SIZE || offset + length == core.size());
    }

    /** Pages at the ends of a range to be zeroed for which the chain would have to be read. */
    private int edgesThatNeedBase(long offset, long length) {
        final long end = offset + length;
        final long first = Pages.index(offset);
        final long last = Pages.index(end);
        final boolean tail = (end & Pages.PAGE_MASK) != 0 && end != core.size() && needsBase(last);
        final boolean head = (offset & Pages.PAGE_MASK) != 0 && needsBase(first);
        return head && tail && first == last ? 1 : (head ? 1 : 0) + (tail ? 1 : 0);
    }

    private boolean needsBase(long page) {
        final DiskView view = core.view();
        return view.overlay.state(page) == Overlay.ABSENT && inChain(view.chain, page);
    }

    private void fail(WriteOperation operation, IOException cause) {
        core.fail(operation.reply, cause, operation.kind.text, operation.offset, operation.remaining);
        release(operation);
        ended();
    }

    private void release(WriteOperation operation) {
        operation.end();
        pool.addLast(operation);
    }
}
