package io.varve.daemon.disk;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Pages;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.StatusSink;
import io.varve.nbd.wire.NbdProtocol;

/**
 * The {@code base:allocation} context: pages that some file holds are data, all others are holes that read as zero.
 *
 * <p>Owned by the agent of the disk.
 */
final class AllocationStatus {

    private static final int DATA = 0;
    private static final int HOLE = NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO;
    /** Runs looked at for one request; a short answer makes the client ask again for the rest. */
    private static final int MAX_STEPS = 4096;

    private final Run run = new Run();
    private long lookedPages;

    void describe(DiskView view, long offset, long length, StatusSink sink) {
        final long endOffset = offset + length;
        long at = offset;
        long extentStart = offset;
        int extentFlags = DATA;
        for (int step = 0; at < endOffset && step < MAX_STEPS; step++) {
            final long page = Pages.index(at);
            final long maxPages = Pages.index(endOffset - 1) - page + 1;
            final int flags = look(view, page, maxPages);
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

    /** Leaves the pages that the answer holds for in {@code lookedPages}. */
    private int look(DiskView view, long page, long maxPages) {
        final Overlay overlay = view.overlay;
        lookedPages = maxPages;
        if (overlay != null) {
            lookedPages = overlay.runLength(page, maxPages);
            final int state = overlay.state(page);
            if (state != Overlay.ABSENT) {
                return state == Overlay.PRESENT ? DATA : HOLE;
            }
        }
        view.chain.extents().lookup(page, lookedPages, run);
        lookedPages = run.pageCount();
        return run.kind() == Run.DATA ? DATA : HOLE;
    }
}
