package io.varve.daemon.disk;

import io.varve.daemon.boot.PageRange;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.overlay.Overlay;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers CACHE by reading the range in the background, a little at a time. A hint: what is too much, or fails, is
 * left out, and the client never waits.
 *
 * <p>Owned by the agent of the disk; the loads run on background threads.
 */
final class CachePath {

    private static final Logger LOGGER = LoggerFactory.getLogger(CachePath.class);
    /** Bytes of one request that are looked at. */
    private static final long MAX_LENGTH = 64L << 20;
    private static final int MAX_RUNS = 1024;
    private static final int MAX_LOADS_UNDER_WAY = 16;
    private static final int STEP_LENGTH = 1 << 20;

    private final DiskCore core;
    private final AtomicInteger loadsUnderWay = new AtomicInteger();

    CachePath(DiskCore core) {
        this.core = core;
    }

    void cache(long offset, long length) {
        if (loadsUnderWay.get() >= MAX_LOADS_UNDER_WAY) {
            return;
        }
        final Load load = new Load(core.view());
        final Overlay overlay = load.view.overlay;
        final long end = Pages.count(offset + Math.min(length, MAX_LENGTH));
        long page = Pages.index(offset);
        for (int i = 0; page < end && i < MAX_RUNS; i++) {
            final long pages = overlay == null ? end - page : overlay.runLength(page, end - page);
            final int state = overlay == null ? Overlay.ABSENT : overlay.state(page);
            if (state == Overlay.PRESENT && !overlay.isInMemory(page)) {
                load.add(overlay.source(page), page, pages);
            } else if (state == Overlay.ABSENT) {
                load.add(null, page, pages);
            }
            page += pages;
        }
        if (!load.pieces.isEmpty()) {
            loadsUnderWay.incrementAndGet();
            load.submit();
        }
    }

    /** Pages in one place. Immutable. @param source null for the chain */
    private record Piece(BlockSource source, long pageIndex, int pageCount) {}

    /** One request. Owned by the agent until it is submitted, then by one background step after the other. */
    private final class Load implements Runnable {

        private final DiskView view;
        private final Queue<Piece> pieces = new ArrayDeque<>();

        Load(DiskView view) {
            this.view = view;
        }

        void add(BlockSource source, long pageIndex, long pageCount) {
            final int stepPages = STEP_LENGTH >>> Pages.PAGE_SHIFT;
            for (long page = 0; page < pageCount; page += stepPages) {
                pieces.add(new Piece(source, pageIndex + page, (int) Math.min(stepPages, pageCount - page)));
            }
        }

        void submit() {
            try {
                core.loader().threads(core.background()).execute(this);
            } catch (final RejectedExecutionException ex) {
                loadsUnderWay.decrementAndGet();
            }
        }

        @Override
        public void run() {
            final Piece piece = pieces.remove();
            try {
                load(piece);
            } catch (final IOException ex) {
                LOGGER.warn("{}: caching {} failed, the rest is left out", core.info().name(), piece, ex);
                pieces.clear();
            }
            if (pieces.isEmpty()) {
                loadsUnderWay.decrementAndGet();
            } else {
                submit();
            }
        }

        private void load(Piece piece) throws IOException {
            if (piece.source == null) {
                core.loader().load(List.of(new PageRange(piece.pageIndex, piece.pageCount)), null);
            } else {
                final long position = Pages.offset(piece.pageIndex);
                core.loader().load(view, piece.source, position, Pages.offset(piece.pageCount));
            }
        }
    }
}
