package io.varve.daemon.transfer;

import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.PageContent;
import io.varve.daemon.io.Pages;
import java.io.IOException;

/**
 * All of a disk that is not zero, by pages.
 *
 * <p>Owned by the thread that reads.
 */
final class WholeReader implements ExportReader {

    /** Read at once: what was read is checked, and looked at for zeros, while it is in the cache of the core. */
    private static final int PIECE_PAGES = 64;

    private final ExportSource source;
    private final ExtentMap extents;
    private final long size;
    private final Run run = new Run();
    private long pageIndex;

    /** @param size bytes to write: those of the disk, rounded up to what the format can have */
    WholeReader(ExportSource source, long size) {
        this.source = source;
        this.extents = source.extentsAbove(0);
        this.size = size;
    }

    @Override
    public boolean fill(ExportBatch batch) throws IOException {
        Thread thread = Thread.currentThread();
        while (pageIndex < extents.pageCount()
                && batch.hasRoom((int) Pages.offset(PIECE_PAGES), PIECE_PAGES) && !thread.isInterrupted()) {
            extents.lookup(pageIndex, extents.pageCount() - pageIndex, run);
            if (run.kind() == Run.DATA) {
                int count = (int) Math.min(run.pageCount(), PIECE_PAGES);
                source.read(run, pageIndex, count, batch.bytes(), batch.usedLength());
                addPages(batch, count);
                pageIndex += count;
            } else {
                pageIndex += run.pageCount();
            }
        }
        batch.endsAt(Math.min(size, Pages.offset(pageIndex)));
        return pageIndex < extents.pageCount();
    }

    private void addPages(ExportBatch batch, int count) {
        int index = batch.usedLength();
        for (int i = 0; i < count; i++) {
            if (!PageContent.isZero(batch.bytes(), index)) {
                long offset = Pages.offset(pageIndex + i);
                batch.addData(offset, index, (int) Math.min(Pages.PAGE_SIZE, size - offset));
            }
            index += Pages.PAGE_SIZE;
        }
        batch.use((int) Pages.offset(count));
    }
}
