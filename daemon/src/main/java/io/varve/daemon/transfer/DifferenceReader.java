package io.varve.daemon.transfer;

import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageWalk;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.PageContent;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a disk has and its parent has not, sector by sector: zeros where only the parent has something.
 *
 * <p>Owned by the thread that reads.
 */
final class DifferenceReader implements ExportReader {

    /** Batches end where blocks of files do, so that a block of zeros is seen as one. */
    private static final int WINDOW_LENGTH = 2 << 20;
    private static final int PIECE_LENGTH = 256 << 10;

    private final ExportSource source;
    private final ExtentMap extents;
    /** Whether pages that no extent speaks of are the parent's, and not zero. */
    private final boolean absentIsParents;
    private final ImageChain parent;
    private final int sectorLength;
    private final long size;
    private final ImageWalk walk;
    private final Run run = new Run();
    private final UnsafeBuffer theirs = Buffers.alignedDirect(PIECE_LENGTH);
    private long offset;
    private boolean parentHasContent;
    private long parentEnd;

    /**
     * @param knownCount of the lowest layers of the disk, which the parent is known to be the same as; 0 if none are
     */
    DifferenceReader(ExportSource source, int knownCount, ExportParent parent) {
        this.source = source;
        this.extents = source.extentsAbove(knownCount);
        this.absentIsParents = knownCount > 0;
        this.parent = parent.disk();
        this.sectorLength = parent.sectorLength();
        this.size = this.parent.size();
        this.walk = new ImageWalk(this.parent, ImageWalk.Scope.CHAIN);
    }

    @Override
    public boolean fill(ExportBatch batch) throws IOException {
        while (offset < size && batch.hasRoom(WINDOW_LENGTH, WINDOW_LENGTH / sectorLength)
                && !Thread.currentThread().isInterrupted()) {
            long windowEnd = Math.min(size, (offset / WINDOW_LENGTH + 1) * WINDOW_LENGTH);
            while (offset < windowEnd) {
                step(batch, windowEnd);
            }
        }
        offset = Math.min(offset, size);
        batch.endsAt(offset);
        return offset < size;
    }

    /** From the start of a page to that of another, or to the end of the disk. */
    private void step(ExportBatch batch, long windowEnd) throws IOException {
        long pageIndex = Pages.index(offset);
        extents.lookup(pageIndex, extents.pageCount() - pageIndex, run);
        long runEnd = offset + Pages.offset(run.pageCount());
        if (run.kind() == Run.ABSENT && absentIsParents) {
            offset = runEnd;
            return;
        }
        lookAtParent();
        boolean hasData = run.kind() == Run.DATA;
        if (!hasData && !parentHasContent) {
            offset = Math.min(runEnd, parentEnd);
            return;
        }
        long end = Math.min(Math.min(runEnd, parentEnd), Math.min(windowEnd, offset + PIECE_LENGTH));
        int length = (int) (Math.min(end, size) - offset);
        readParent(length);
        if (hasData) {
            int pageCount = (int) Pages.count(length);
            source.read(run, pageIndex, pageCount, batch.bytes(), batch.usedLength());
            compare(batch, length);
            batch.use((int) Pages.offset(pageCount));
        } else {
            clear(batch, length);
        }
        offset += Pages.offset(Pages.count(length));
    }

    /** Whole pages of one kind; a page that is only partly of it has content. */
    private void lookAtParent() throws IOException {
        if (offset < parentEnd) {
            return;
        }
        walk.seek(offset);
        parentHasContent = walk.kind() == ImageWalk.Kind.CONTENT;
        parentEnd = parentHasContent || walk.end() == size ? Pages.offset(Pages.count(walk.end()))
                : walk.end() & -Pages.PAGE_SIZE;
        if (parentEnd <= offset) {
            parentHasContent = true;
            parentEnd = offset + Pages.PAGE_SIZE;
        }
    }

    private void readParent(int length) throws IOException {
        if (parentHasContent) {
            parent.read(offset, theirs, 0, length);
        } else {
            theirs.setMemory(0, length, (byte) 0);
        }
    }

    private void compare(ExportBatch batch, int length) {
        UnsafeBuffer mine = batch.bytes();
        int start = batch.usedLength();
        for (int done = 0; done < length; done += sectorLength) {
            if (PageContent.isEqual(mine, start + done, theirs, done, sectorLength)) {
                continue;
            }
            if (PageContent.isZero(mine, start + done, sectorLength)) {
                batch.addZeros(offset + done, sectorLength);
            } else {
                batch.addData(offset + done, start + done, sectorLength);
            }
        }
    }

    private void clear(ExportBatch batch, int length) {
        for (int done = 0; done < length; done += sectorLength) {
            if (!PageContent.isZero(theirs, done, sectorLength)) {
                batch.addZeros(offset + done, sectorLength);
            }
        }
    }
}
