package io.varve.daemon.disk;

import io.varve.daemon.overlay.Overlay;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * Freezes the overlay of a running disk.
 *
 * <pre>
 *   agent    checkpoint the overlay
 *   agent    hold writes, wait for those under way, checkpoint what they wrote since
 *   worker   commit: the fresh overlay takes the place of the old one, durably
 *   agent    install the new view, release writes
 * </pre>
 *
 * Reads are never held: each ends in the view in which it began.
 *
 * <p>Design note: two checkpoints, because the first may have much to sync, and the second, for which writes wait, has
 * only what was written during the first.
 *
 * <p>Owned by the agent of the disk.
 */
final class TopSwitch {

    private final DiskCore core;
    private TopChange change;
    private long heldFromNs;

    TopSwitch(DiskCore core) {
        this.core = core;
    }

    boolean isUnderWay() {
        return change != null;
    }

    void begin(TopChange newChange) {
        if (change != null || core.bitmaps().isChanging()) {
            newChange.onDone(new IOException("another change of the disk is under way"), 0);
            return;
        }
        if (core.overlay() == null) {
            newChange.onDone(new IOException("the disk is read-only"), 0);
            return;
        }
        if (!core.overlay().isKept()) {
            newChange.onDone(new IOException("its writes are not kept: there is nothing durable to freeze"), 0);
            return;
        }
        change = newChange;
        heldFromNs = core.nowNs();
        core.overlay().checkpoint(failure -> {
            if (failure != null) {
                end(failure);
            } else {
                heldFromNs = core.nowNs();
                core.writes().hold(this::drained);
            }
        });
    }

    private void drained() {
        core.overlay().checkpoint(failure -> {
            if (failure != null) {
                end(failure);
            } else {
                commit(core.view());
            }
        });
    }

    private void commit(DiskView old) {
        try {
            core.demand().execute(() -> commitOnWorker(old));
        } catch (final RejectedExecutionException ex) {
            end(new IOException("the daemon stops", ex));
        }
    }

    private void commitOnWorker(DiskView old) {
        TopChange.Top top = null;
        IOException failure = null;
        try {
            top = change.commit(old.overlay, old.chain);
        } catch (final IOException ex) {
            failure = ex;
        } catch (final RuntimeException ex) {
            failure = new IOException("a worker failed by a defect of ours", ex);
            old.overlay.fail(failure);
        }
        final TopChange.Top done = top;
        final IOException cause = failure;
        core.door().owner().post(() -> {
            if (cause == null) {
                install(done, old.overlay);
            }
            end(cause);
        });
    }

    private void install(TopChange.Top top, Overlay old) {
        top.overlay().limit(old.use().quotaLength());
        top.overlay().attach(core.door().owner()::post);
        old.stop();
        core.install(new DiskView(top.chain(), top.overlay()), () -> old.abandon(() -> { }));
    }

    private void end(IOException failure) {
        final TopChange ended = change;
        final long heldNs = core.nowNs() - heldFromNs;
        change = null;
        if (core.writes().isHeld()) {
            core.writes().release();
            core.commits().release();
        }
        ended.onDone(failure, heldNs);
    }
}
