package io.varve.daemon.store;

import io.varve.daemon.disk.ChainSnapshot;
import io.varve.daemon.disk.TopChange;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Freezes a client's overlay into a layer and gives the client a fresh one on top of it.
 *
 * <pre>
 *   prepare    frozen/LAYER/                     fresh overlay, durable
 *   commit     overlays/NAME/TAG/CLIENT/    ---- exchange: one step, then both directories are synced
 *              frozen/LAYER/                     what the client wrote until now
 *   publish    images/...                        the new image, by the caller
 * </pre>
 *
 * A crash before the exchange leaves the client with what it had, and a directory that a garbage collection finds;
 * after it, the client has the same content on a fresh overlay. Repeating the command finishes both.
 *
 * <p>Design note: names are exchanged and no data is copied, because a snapshot must take no longer for a large
 * overlay than for a small one, and the client waits for it.
 *
 * <p>Owned by the thread that takes the snapshot; as a {@link TopChange}, passed to the disk.
 */
final class Snapshot {

    private final FileSpace space;
    private final Path client;
    private final Path frozen;
    private final LayerId layer;
    private final OverlayMeta fresh;

    /**
     * @param present the overlay to freeze
     * @param chain   the layers below it, as they are called now, base first
     */
    Snapshot(Store store, ExportName name, OverlayMeta present, List<LayerId> chain) {
        this.space = store.space();
        this.layer = FrozenLayers.idOf(present.id());
        this.client = store.layout().overlay(name);
        this.frozen = store.layout().frozen(layer);
        List<String> layers = new ArrayList<>(chain.stream().map(LayerId::hex).toList());
        layers.add(layer.hex());
        this.fresh = new OverlayMeta(UUID.randomUUID(), present.imageName(), present.imageTag(), layers,
                present.size(), present.client(), System.currentTimeMillis());
    }

    LayerId layer() {
        return layer;
    }

    /** What the fresh overlay and the new image stand on, base first. */
    List<LayerId> chain() {
        return LayerId.list(fresh.layerIds());
    }

    /**
     * Makes the fresh overlay, instead of one that was left behind.
     *
     * @param workers close it, and do what it commits
     * @return open; not to be used before {@link #exchange}
     */
    Overlay prepare(Executor workers) throws IOException {
        if (space.exists(frozen)) {
            Trees.delete(space, frozen);
        }
        space.createDirectories(frozen.getParent());
        Overlay overlay = Overlay.makeFor(space, frozen, client, fresh, workers);
        if (BootReset.isMarked(space, client)) {
            space.open(frozen.resolve(BootReset.MARK), FileSpace.OpenMode.CREATE_NEW).close();
            space.syncDirectory(frozen);
        }
        return overlay;
    }

    /** Of a client that is not connected. Durable at return. */
    void take(OverlayReader present) throws IOException {
        present.checkpoint();
        Overlay overlay = prepare(Runnable::run);
        try {
            overlay.bitmaps().adopt(present.bitmaps(), frozen);
            present.bitmaps().forget();
            exchange();
            overlay.bitmaps().close();
        } finally {
            overlay.abandon(() -> { });
        }
    }

    private void exchange() throws IOException {
        space.exchange(frozen, client);
        syncDirectories();
    }

    private void syncDirectories() throws IOException {
        space.syncDirectory(frozen.getParent());
        space.syncDirectory(client.getParent());
    }

    /** The same for the disk of a running client. @param overlay the fresh one */
    Live live(Overlay overlay, FrozenLayers frozenLayers) {
        return new Live(overlay, frozenLayers);
    }

    /** Thread-safe because the disk calls one method after the other. */
    final class Live implements TopChange {

        private final Overlay overlay;
        private final FrozenLayers frozenLayers;
        private final CompletableFuture<Long> heldNs = new CompletableFuture<>();

        private Live(Overlay overlay, FrozenLayers frozenLayers) {
            this.overlay = overlay;
            this.frozenLayers = frozenLayers;
        }

        @Override
        public Top commit(Overlay old, ChainSnapshot chain) throws IOException {
            overlay.bitmaps().adopt(old.bitmaps(), frozen);
            space.exchange(frozen, client);
            try {
                syncDirectories();
                old.unlock();
                overlay.limit(old.use().quotaLength());
                return new Top(chain.with(layer, frozenLayers.frozen(layer, old)), overlay);
            } catch (IOException | RuntimeException e) {
                // The names have changed places, durably or not: the old overlay must not be written any more.
                old.fail(new IOException("a snapshot was cut short, connect again: " + e.getMessage(), e));
                throw e;
            }
        }

        @Override
        public void onDone(IOException failure, long held) {
            if (failure == null) {
                heldNs.complete(held);
            } else {
                overlay.abandon(() -> heldNs.completeExceptionally(failure));
            }
        }

        CompletableFuture<Long> heldNs() {
            return heldNs;
        }
    }
}
