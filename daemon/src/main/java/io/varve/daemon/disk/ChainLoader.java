package io.varve.daemon.disk;

import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Brings pages into memory by reading them as demand does, through the source that checks them, and forgetting the
 * bytes: what stays is the page cache, or the cache of a remote source. Does nothing once the view is gone.
 *
 * <p>Thread-safe because scratch memory is per thread and chains are immutable.
 */
final class ChainLoader implements PageLoader {

    private static final int SCRATCH_LENGTH = 256 << 10;
    private static final ThreadLocal<UnsafeBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> Buffers.alignedDirect(SCRATCH_LENGTH));

    private final Supplier<DiskView> current;

    ChainLoader(Supplier<DiskView> current) {
        this.current = current;
    }

    @Override
    public void load(long pageIndex, int pageCount) throws IOException {
        final DiskView view = current.get();
        if (!view.background().enter()) {
            return;
        }
        try {
            final ChainSnapshot snapshot = view.chain;
            final Run run = new Run();
            final long end = pageIndex + pageCount;
            for (long page = pageIndex; page < end; page += run.pageCount()) {
                snapshot.extents().lookup(page, end - page, run);
                if (run.kind() == Run.DATA) {
                    warm(
                            snapshot.source(run.blobIndex()),
                            Pages.offset(run.blobPage()),
                            Pages.offset(run.pageCount()));
                }
            }
        } finally {
            view.background().leave();
        }
    }

    /** The same for the bytes of any source of a view. */
    void load(DiskView view, BlockSource source, long position, long length) throws IOException {
        if (!view.background().enter()) {
            return;
        }
        try {
            warm(source, position, length);
        } finally {
            view.background().leave();
        }
    }

    private static void warm(BlockSource source, long position, long length) throws IOException {
        if (source.prefetch(position, length)) {
            return;
        }
        final UnsafeBuffer scratch = SCRATCH.get();
        long done = 0;
        while (done < length) {
            final int step = (int) Math.min(SCRATCH_LENGTH, length - done);
            source.read(position + done, scratch, 0, step);
            done += step;
        }
    }
}
