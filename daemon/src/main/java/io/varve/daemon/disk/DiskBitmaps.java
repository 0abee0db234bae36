package io.varve.daemon.disk;

import io.varve.daemon.overlay.BitmapException;
import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.overlay.Bitmaps;
import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.daemon.overlay.Overlay;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportOwner;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;

/**
 * Starts, lists and drops the dirty bitmaps of a disk while clients use it.
 *
 * <pre>
 *   agent    hold writes, wait for those under way; mark from now on; writes go on
 *   agent    commit what was written before
 *   worker   store the bitmap, with nothing in it
 *   agent    offer it to connections that come from now on
 * </pre>
 *
 * A connection has the bitmaps that were offered when it came, and keeps them by object, not by name: another one of
 * the same name, started later, is not taken for it. One that was dropped says that everything is dirty.
 *
 * <p>Design note: writes are held until none is under way, because a long one changes pages in several steps, and would
 * be answered after the start with only its later steps marked.
 *
 * <p>Owned by the agent of the disk, but for {@link #list}, {@link #start}, {@link #drop}, {@link #names} and
 * {@link #offered}, for any thread; the caller holds a connection, so that the disk stays open.
 */
public final class DiskBitmaps {

    private final DiskCore core;
    private volatile List<DirtyBitmap> offered;
    private boolean changing;

    /** What is done on the agent for somebody who waits. */
    @FunctionalInterface
    private interface Task<T> {
        void run(CompletableFuture<T> answer) throws IOException;
    }

    /** What must wait for the disk. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /** What becomes of it. */
    @FunctionalInterface
    private interface Outcome {
        void on(IOException failureOrNull);
    }

    DiskBitmaps(DiskCore core) {
        this.core = core;
        this.offered = core.overlay() == null ? List.of() : core.overlay().bitmaps().all();
    }

    /** What a client is told about an export with these bitmaps. */
    public static ExportInfo offer(ExportInfo plain, List<String> bitmapNames) {
        return bitmapNames.isEmpty() ? plain : plain.withContexts(Stream.concat(plain.metaContexts().stream(),
                bitmapNames.stream().map(Bitmaps.CONTEXT_PREFIX::concat)).toList());
    }

    /** To connections that come now. */
    List<DirtyBitmap> offered() {
        return offered;
    }

    /** Names of those that are offered to connections that come now. */
    public List<String> names() {
        return offered.stream().map(DirtyBitmap::name).toList();
    }

    /** Whether a start or a drop is under way. */
    boolean isChanging() {
        return changing;
    }

    /** Fails with an {@link IOException}. */
    public CompletableFuture<List<BitmapInfo>> list() {
        return onAgent(answer -> answer.complete(overlay().bitmaps().all().stream().map(DirtyBitmap::info).toList()));
    }

    /**
     * All that is answered to a client after the bitmap was started is in it. Fails with an {@link IOException};
     * nothing has changed then.
     */
    public CompletableFuture<BitmapInfo> start(String name) {
        final DirtyBitmap bitmap;
        try {
            bitmap = overlay().bitmaps().prepare(name);
        } catch (final IOException ex) {
            return CompletableFuture.failedFuture(ex);
        }
        return onAgent(answer -> {
            requireQuiet();
            changing = true;
            core.writes().hold(() -> mark(bitmap, answer));
        });
    }

    /** No write is under way. */
    private void mark(DirtyBitmap bitmap, CompletableFuture<BitmapInfo> answer) {
        final Bitmaps bitmaps = core.overlay().bitmaps();
        IOException refusal = null;
        try {
            bitmaps.begin(bitmap);
        } catch (final BitmapException ex) {
            refusal = ex;
        }
        core.writes().release();
        core.commits().release();
        if (refusal != null) {
            changing = false;
            answer.completeExceptionally(refusal);
            return;
        }
        core.overlay().commit(failure -> {
            if (failure == null) {
                onWorker(() -> bitmaps.store(bitmap), outcome -> started(bitmap, outcome, answer));
            } else {
                started(bitmap, failure, answer);
            }
        });
    }

    private void started(DirtyBitmap bitmap, IOException failure, CompletableFuture<BitmapInfo> answer) {
        changing = false;
        if (failure != null) {
            core.overlay().bitmaps().end(bitmap);
            answer.completeExceptionally(failure);
            return;
        }
        offered = core.overlay().bitmaps().all();
        answer.complete(bitmap.info());
    }

    /** Fails with an {@link IOException}; the bitmap may then be there again when the disk is opened next. */
    public CompletableFuture<BitmapInfo> drop(String name) {
        return onAgent(answer -> {
            requireQuiet();
            final Bitmaps bitmaps = overlay().bitmaps();
            final DirtyBitmap bitmap = bitmaps.get(name);
            final BitmapInfo last = bitmap.info();
            changing = true;
            bitmaps.end(bitmap);
            offered = bitmaps.all();
            onWorker(() -> bitmaps.delete(bitmap), failure -> {
                changing = false;
                if (failure == null) {
                    answer.complete(last);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
        });
    }

    private Overlay overlay() throws BitmapException {
        final Overlay overlay = core.overlay();
        if (overlay == null) {
            throw new BitmapException("the export is read-only: it has no dirty bitmaps");
        }
        return overlay;
    }

    private void requireQuiet() throws BitmapException {
        if (changing || core.isTopChanging()) {
            throw new BitmapException("another change of the disk is under way: try again");
        }
    }

    private <T> CompletableFuture<T> onAgent(Task<T> task) {
        final CompletableFuture<T> answer = new CompletableFuture<>();
        final ExportOwner owner = core.attached();
        if (owner == null) {
            answer.completeExceptionally(new BitmapException("no client of the disk has got so far"));
            return answer;
        }
        owner.post(() -> {
            try {
                task.run(answer);
            } catch (final IOException ex) {
                answer.completeExceptionally(ex);
            }
        });
        return answer;
    }

    /** @param outcome on the agent */
    private void onWorker(Work work, Outcome outcome) {
        try {
            core.demand().execute(() -> {
                final IOException failure = failureOf(work);
                core.door().owner().post(() -> outcome.on(failure));
            });
        } catch (final RejectedExecutionException ex) {
            outcome.on(new IOException("the daemon stops", ex));
        }
    }

    private static IOException failureOf(Work work) {
        try {
            work.run();
            return null;
        } catch (final IOException ex) {
            return ex;
        } catch (final RuntimeException ex) {
            return new IOException("a worker failed by a defect of ours", ex);
        }
    }
}
