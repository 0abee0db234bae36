package io.varve.daemon.disk;

import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads bytes that do not stay near into the memory that clients who boot together share, so that they are fetched,
 * or expanded, once for all of them. Reads whole pieces of 64 KiB of the source, as far as the disk has pages from
 * there, because that is what a fetch or an expansion costs in any case.
 *
 * <p>For threads that may wait. Thread-safe because scratch memory is per thread and all state is the memory's, inside
 * of which the caller is.
 */
final class SharedReads {

    private static final int PIECE_PAGES = 16;
    private static final int STEP_LENGTH = 256 << 10;
    private static final int SCRATCH_LENGTH = STEP_LENGTH + (int) Pages.offset(2 * PIECE_PAGES);
    private static final ThreadLocal<UnsafeBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> Buffers.alignedDirect(SCRATCH_LENGTH));

    private final ExtentMap extents;
    private final WaveMemory memory;
    private final Run run = new Run();
    private BlockSource source;
    private long startPage;
    private long endPage;

    private SharedReads(ExtentMap extents, WaveMemory memory) {
        this.extents = extents;
        this.memory = memory;
    }

    /**
     * Reads ahead.
     *
     * @param page      of the disk in which the bytes begin
     * @param blobIndex of the source in the chain
     * @param bytes     whole pages of the source
     */
    static void load(ChainSnapshot chain, WaveMemory memory, long page, int blobIndex, SourceRange bytes)
            throws IOException {
        final SharedReads read = new SharedReads(chain.extents(), memory);
        read.source = chain.source(blobIndex);
        read.widen(page, Pages.index(bytes.length()), blobIndex, Pages.index(bytes.position()));
        for (long at = read.startPage; at < read.endPage && !memory.isFull(); at += Pages.index(STEP_LENGTH)) {
            final long position = Pages.offset(at);
            read.fetch(position, (int) Math.min(STEP_LENGTH, Pages.offset(read.endPage) - position));
        }
    }

    /**
     * Fills a read that a client waits for.
     *
     * @param page      of the disk in which the read begins
     * @param blobIndex of the source in the chain
     * @param position  in the source
     * @return false if nothing was done, because the read is none to be shared: the caller reads
     */
    static boolean read(
            ChainSnapshot chain,
            WaveMemory memory,
            long page,
            int blobIndex,
            long position,
            MutableDirectBuffer destination,
            int index,
            int length) throws IOException {
        final SharedReads read = new SharedReads(chain.extents(), memory);
        read.source = chain.source(blobIndex);
        if (length > STEP_LENGTH || memory.isHalfFull() || read.source.staysNear(position, length)) {
            return memory.readNow(read.source, position, destination, index, length) == length;
        }
        if (memory.readNow(read.source, position, destination, index, length) == length) {
            return true;
        }
        final int inPage = (int) position & Pages.PAGE_MASK;
        read.widen(page, Pages.count(inPage + (long) length), blobIndex, Pages.index(position));
        final long start = Pages.offset(read.startPage);
        try {
            read.fetch(start, (int) (Pages.offset(read.endPage) - start));
        } catch (final IOException ex) {
            return false; // what is wrong may lie beside what the client wants, who finds out by itself
        }
        return memory.readNow(read.source, position, destination, index, length) == length;
    }

    /** What nobody has read, or is about to have read. */
    private void fetch(long position, int length) throws IOException {
        if (memory.holds(source, position, length)) {
            return;
        }
        final WaveMemory.Claim claim = memory.claim(source, position, length);
        try {
            int missing = 0;
            for (int done = 0; done <= length; done += Pages.PAGE_SIZE) {
                if (done < length && !memory.holds(source, position + done, Pages.PAGE_SIZE)) {
                    missing += Pages.PAGE_SIZE;
                } else if (missing > 0) {
                    take(position + done - missing, missing);
                    missing = 0;
                }
            }
        } finally {
            memory.release(claim);
        }
    }

    private void take(long position, int length) throws IOException {
        final UnsafeBuffer scratch = SCRATCH.get();
        source.read(position, scratch, 0, length);
        memory.put(source, position, scratch, 0, length);
    }

    /** Sets the pages of the source to read: the run, and what belongs to its first and last piece. */
    private void widen(long page, long pageCount, int blobIndex, long blobPage) {
        startPage = blobPage;
        endPage = blobPage + pageCount;
        final long before = Math.min(page, blobPage % PIECE_PAGES);
        for (long at = page - before; at < page; at += run.pageCount()) {
            extents.lookup(at, page - at, run);
            if (!continues(blobIndex, blobPage - page + at)) {
                startPage = blobPage;
            } else if (startPage == blobPage) {
                startPage = run.blobPage();
            }
        }
        final long behind = (PIECE_PAGES - endPage % PIECE_PAGES) % PIECE_PAGES;
        final long end = Math.min(extents.pageCount(), page + pageCount + behind);
        for (long at = page + pageCount; at < end; at += run.pageCount()) {
            extents.lookup(at, end - at, run);
            if (!continues(blobIndex, blobPage - page + at)) {
                return;
            }
            endPage = blobPage - page + at + run.pageCount();
        }
    }

    private boolean continues(int blobIndex, long blobPage) {
        return run.kind() == Run.DATA && run.blobIndex() == blobIndex && run.blobPage() == blobPage;
    }
}
