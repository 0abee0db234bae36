package io.varve.daemon.disk;

import io.varve.daemon.boot.PageLoader;
import io.varve.daemon.boot.PageRange;
import io.varve.daemon.boot.WaveMemory;
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
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Brings pages into memory by reading them as demand does, through the source that checks them, and forgetting the
 * bytes: what stays is the page cache, or the cache of a remote source; or, where nothing would stay, the memory that
 * clients share. Does nothing once the view is gone.
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
    public boolean load(List<PageRange> ranges, WaveMemory shared) throws IOException {
        final DiskView view = current.get();
        if (!view.background().enter()) {
            return false;
        }
        try {
            final List<ChainPiece> far = new ArrayList<>();
            List<ChainPiece> near = near(view.chain, ranges, shared, far);
            if (shared != null) {
                near = PackedReads.load(view.chain, shared, near);
            }
            for (final Map.Entry<BlockSource, List<SourceRange>> each : bySource(near).entrySet()) {
                warm(each.getKey(), each.getValue());
            }
            if (!far.isEmpty()) {
                share(view.chain, far, shared);
            }
            return true;
        } finally {
            view.background().leave();
        }
    }

    @Override
    public Executor threads(Executor usual) {
        return current.get().chain.loaders(usual);
    }

    /** What stays near when it was read once; the rest is added to {@code far}. In the order of the ranges. */
    private static List<ChainPiece> near(
            ChainSnapshot chain, List<PageRange> ranges, WaveMemory shared, List<ChainPiece> far) throws IOException {
        final List<ChainPiece> near = new ArrayList<>();
        final Run run = new Run();
        for (final PageRange range : ranges) {
            final long end = range.pageIndex() + range.pageCount();
            for (long page = range.pageIndex(); page < end; page += run.pageCount()) {
                chain.extents().lookup(page, end - page, run);
                if (run.kind() == Run.DATA) {
                    final BlockSource source = chain.source(run.blobIndex());
                    final SourceRange bytes =
                            new SourceRange(Pages.offset(run.blobPage()), Pages.offset(run.pageCount()));
                    final boolean isNear = shared == null || source.staysNear(bytes.position(), bytes.length());
                    (isNear ? near : far).add(new ChainPiece(page, run.blobIndex(), source, bytes));
                }
            }
        }
        return near;
    }

    /** In the order in which each source is needed first. */
    private static Map<BlockSource, List<SourceRange>> bySource(List<ChainPiece> pieces) {
        final Map<BlockSource, List<SourceRange>> bySource = new LinkedHashMap<>();
        for (final ChainPiece piece : pieces) {
            bySource.computeIfAbsent(piece.source(), one -> new ArrayList<>()).add(piece.bytes());
        }
        return bySource;
    }

    /** A source that can fetch several pieces at a time does that first, as far as it can keep them for this moment. */
    private static void share(ChainSnapshot chain, List<ChainPiece> far, WaveMemory shared) throws IOException {
        final List<ChainPiece> missing = far.stream()
                .filter(piece -> !shared.holds(piece.source(), piece.bytes().position(), piece.bytes().length()))
                .toList();
        if (missing.isEmpty() || shared.isFull()) {
            return;
        }
        for (final Map.Entry<BlockSource, List<SourceRange>> each : bySource(missing).entrySet()) {
            each.getKey().prefetch(each.getValue());
        }
        for (final ChainPiece piece : missing) {
            SharedReads.load(chain, shared, piece.page(), piece.blobIndex(), piece.bytes());
        }
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
