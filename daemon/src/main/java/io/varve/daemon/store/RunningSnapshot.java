package io.varve.daemon.store;

import io.varve.daemon.disk.DiskCore;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Workers;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes snapshots of clients that are connected.
 *
 * <p>Thread-safe because each snapshot is taken by one thread, and the disk refuses a second one at the same time.
 */
final class RunningSnapshot {

    private static final long LIMIT_SECONDS = 60;

    private final Store store;
    private final Workers workers;

    RunningSnapshot(Store store, Workers workers) {
        this.store = store;
        this.workers = workers;
    }

    /**
     * Makes a new image of what the client has now; the client goes on.
     *
     * @param core a disk with an agent; the caller keeps it open
     * @throws IOException if nothing was done, or the image could not be published: the snapshot can be repeated
     */
    TakenSnapshot take(DiskCore core, ExportName name, ImageName image) throws IOException {
        store.requireFree(image);
        OverlayMeta present = core.overlayMeta();
        if (present == null) {
            throw new StoreException("export " + name + ": read-only, there is nothing to take a snapshot of");
        }
        try (FileLocks.Lock writing = store.lockForWriting()) {
            Snapshot snapshot = new Snapshot(store, name, present, core.chain().layers());
            Overlay fresh = snapshot.prepare(workers.demandExecutor());
            Snapshot.Live change = snapshot.live(fresh, store.frozenLayers());
            core.changeTop(change);
            long heldNs = await(change, name);
            return new TakenSnapshot(store.publishSnapshot(snapshot, name, image, present.size()), heldNs);
        }
    }

    private static long await(Snapshot.Live change, ExportName name) throws IOException {
        try {
            return change.heldNs().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new StoreException("overlay " + name + ": no snapshot was taken: " + e.getCause().getMessage(),
                    e.getCause());
        } catch (TimeoutException e) {
            throw new StoreException("overlay " + name + ": the snapshot was not finished in " + LIMIT_SECONDS
                    + " s: 'varve status' shows what its disk does", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during the snapshot of " + name, e);
        }
    }
}
