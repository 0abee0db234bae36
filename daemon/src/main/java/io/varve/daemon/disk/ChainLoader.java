package io.varve.daemon.disk;

import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.boot.PageRange;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    public boolean load(List<PageRange> ranges) throws IOException {
        final DiskView view = current.get();
        if (!view.background().enter()) {
            return false;
        }
        try {
            for (final Map.Entry<BlockSource, List<SourceRange>> each : bySource(view.chain, ranges).entrySet()) {
                warm(each.getKey(), each.getValue());
            }
            return true;
        } finally {
            view.background().leave();
        }
    }

    /** In the order in which each source is needed first. */
    private static Map<BlockSource, List<SourceRange>> bySource(ChainSnapshot chain, List<PageRange> ranges) {
        final Map<BlockSource, List<SourceRange>> bySource = new LinkedHashMap<>();
        final Run run = new Run();
        for (final PageRange range : ranges) {
            final long end = range.pageIndex() + range.pageCount();
            for (long page = range.pageIndex(); page < end; page += run.pageCount()) {
                chain.extents().lookup(page, end - page, run);
                if (run.kind() == Run.DATA) {
                    bySource.computeIfAbsent(chain.source(run.blobIndex()), source -> new ArrayList<>())
                            .add(new SourceRange(Pages.offset(run.blobPage()), Pages.offset(run.pageCount())));
                }
            }
        }
        return bySource;
    }

    /** The same for the bytes of any source of a view. */
    void load(DiskView view, BlockSource source, long position, long length) throws IOException {
        if (!view.background().enter()) {
            return;
        }
        try {
            warm(source, List.of(new SourceRange(position, length)));
        } finally {
            view.background().leave();
        }
    }

    private static void warm(BlockSource source, List<SourceRange> ranges) throws IOException {
        if (source.prefetch(ranges)) {
            return;
        }
        final UnsafeBuffer scratch = SCRATCH.get();
        for (final SourceRange range : ranges) {
            for (long done = 0; done < range.length(); done += SCRATCH_LENGTH) {
                final int step = (int) Math.min(SCRATCH_LENGTH, range.length() - done);
                source.read(range.position() + done, scratch, 0, step);
            }
        }
    }
}
