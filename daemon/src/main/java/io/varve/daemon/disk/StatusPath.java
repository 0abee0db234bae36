package io.varve.daemon.disk;

import io.varve.daemon.extent.LayerLookup;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SparseSource;
import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.StatusSink;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Answers BLOCK_STATUS: one loop over the runs of overlay state and chain, for each {@link DiskContext}. An answer may
 * be shorter than the question, and is when going on would keep other clients of the agent waiting; then the client
 * asks again for the rest.
 *
 * <p>Owned by the agent of the disk.
 */
final class StatusPath {

    private static final int DATA = 0;
    private static final int HOLE = NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO;
    private static final int RESIDENT = 1;

    /** What looking at a run costs, in microseconds or so, and what one answer may cost. */
    private static final int RUN_COST = 1;
    private static final int PAGE_IN_MEMORY_COST = 2;
    private static final int FLATTENING_COST = 300;
    private static final int MAX_COST = 4096;

    private static final int DIRTY = 1;
    /** Of a dirty bitmap, looked at in one go, 256 words: 1 GiB of disk. */
    private static final long MAX_GRANULES = 1 << 14;

    private final Run run = new Run();
    private final LayerLookup layers = new LayerLookup();
    private UnsafeBuffer probe;
    private long lookedPages;
    private int cost;

    void describe(DiskContext context, DiskView view, long offset, long length, StatusSink sink) {
        final long endOffset = offset + length;
        long at = offset;
        long extentStart = offset;
        int extentFlags = 0;
        cost = 0;
        while (at < endOffset && cost < MAX_COST) {
            final long page = Pages.index(at);
            final long maxPages = Pages.index(endOffset - 1) - page + 1;
            final int flags = look(context, view, page, maxPages);
            cost += RUN_COST;
            if (flags != extentFlags && at > extentStart) {
                if (!sink.add(at - extentStart, extentFlags)) {
                    return;
                }
                extentStart = at;
            }
            extentFlags = flags;
            at = Math.min(endOffset, Pages.offset(page + lookedPages));
        }
        sink.add(at - extentStart, extentFlags);
    }

    /** The same for a dirty bitmap, in which bit 0 says that something was written. */
    void describe(DirtyBitmap bitmap, long offset, long length, StatusSink sink) {
        final long endOffset = offset + length;
        long at = offset;
        long extentStart = offset;
        int extentFlags = 0;
        for (cost = 0; at < endOffset && cost < MAX_COST; cost += RUN_COST) {
            final long granule = at >>> DirtyBitmap.GRANULARITY_SHIFT;
            final int flags = bitmap.isDirty(granule) ? DIRTY : 0;
            if (flags != extentFlags && at > extentStart) {
                if (!sink.add(at - extentStart, extentFlags)) {
                    return;
                }
                extentStart = at;
            }
            extentFlags = flags;
            at = Math.min(endOffset,
                    granule + bitmap.runLength(granule, MAX_GRANULES) << DirtyBitmap.GRANULARITY_SHIFT);
        }
        sink.add(at - extentStart, extentFlags);
    }

    /** Leaves the pages that the answer holds for in {@code lookedPages}. */
    private int look(DiskContext context, DiskView view, long page, long maxPages) {
        final Overlay overlay = view.overlay;
        lookedPages = maxPages;
        int state = Overlay.ABSENT;
        if (overlay != null) {
            lookedPages = overlay.runLength(page, maxPages);
            state = overlay.state(page);
        }
        return switch (context) {
            case ALLOCATION -> allocation(view, page, state);
            case DEPTH -> depth(view, page, state);
            case LAYER -> layer(view, page, state);
            case RESIDENT -> resident(view, page, state);
        };
    }

    private int allocation(DiskView view, long page, int state) {
        if (state != Overlay.ABSENT) {
            return state == Overlay.PRESENT ? DATA : HOLE;
        }
        lookup(view, page);
        if (run.kind() != Run.DATA) {
            return HOLE;
        }
        return view.chain.source(run.blobIndex()) instanceof SparseSource source ? known(source) : DATA;
    }

    /** A page that is zero in parts is data. */
    private int known(SparseSource source) {
        cost += RUN_COST;
        final long zeros = source.knownZeros(Pages.offset(run.blobPage()), Pages.offset(run.pageCount()));
        final boolean hole = zeros >= Pages.PAGE_SIZE;
        lookedPages = hole ? zeros >>> Pages.PAGE_SHIFT : Math.max(1, Pages.count(Math.max(0, -zeros)));
        return hole ? HOLE : DATA;
    }

    private int depth(DiskView view, long page, int state) {
        final int layer = layer(view, page, state);
        final int top = view.chain.extents().layerCount() + (view.overlay == null ? 0 : 1);
        return layer == 0 ? 0 : top - layer + 1;
    }

    private int layer(DiskView view, long page, int state) {
        if (state != Overlay.ABSENT) {
            return view.chain.extents().layerCount() + 1;
        }
        if (layers.lookup(view.chain.extents(), page, lookedPages, run)) {
            cost += FLATTENING_COST;
        }
        lookedPages = run.pageCount();
        return run.kind() == Run.DATA ? run.blobIndex() + 1 : 0;
    }

    private int resident(DiskView view, long page, int state) {
        if (state == Overlay.PRESENT) {
            return probe(view.overlay.source(page), Pages.offset(page));
        }
        if (state == Overlay.ZERO) {
            return RESIDENT;
        }
        lookup(view, page);
        return run.kind() == Run.DATA
                ? probe(view.chain.source(run.blobIndex()), Pages.offset(run.blobPage()))
                : RESIDENT;
    }

    /** Of one page, by reading it if that needs no disk. */
    private int probe(BlockSource source, long position) {
        if (probe == null) {
            probe = Buffers.alignedDirect(Pages.PAGE_SIZE);
        }
        lookedPages = 1;
        cost += PAGE_IN_MEMORY_COST;
        try {
            return source.readNow(position, probe, 0, Pages.PAGE_SIZE) == BlockSource.WOULD_BLOCK ? 0 : RESIDENT;
        } catch (final IOException ex) {
            // A read of the page will tell what is wrong with it.
            return 0;
        }
    }

    private void lookup(DiskView view, long page) {
        if (!view.chain.extents().isFlattened(page)) {
            cost += FLATTENING_COST;
        }
        view.chain.extents().lookup(page, lookedPages, run);
        lookedPages = run.pageCount();
    }
}
