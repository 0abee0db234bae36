package io.varve.daemon.store;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.FrozenOverlay;
import io.varve.daemon.overlay.Overlay;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Overlays that a snapshot has frozen: {@code frozen/LAYER/}. The id of the layer comes from the id of the overlay, so
 * that what shall stand on it can be made before it is frozen; and so that a directory in which something else lies,
 * the fresh overlay of a snapshot that was cut short, is not taken for it.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class FrozenLayers implements FrozenLayer.Finder {

    private static final String META = "meta";

    private final FileSpace space;
    private final StoreLayout layout;

    FrozenLayers(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
    }

    /** What an overlay is called as a layer. */
    static LayerId idOf(UUID overlay) {
        return new LayerId(Sha256.hex(("frozen " + overlay).getBytes(StandardCharsets.US_ASCII)));
    }

    /** Whether the layer is a frozen one, whole or not. */
    boolean contains(LayerId id) {
        return space.exists(layout.frozen(id).resolve(META));
    }

    /** Locked shared until it is closed, so that nobody removes it. */
    @Override
    public FrozenLayer find(LayerId id) throws IOException {
        Path directory = layout.frozen(id);
        FileLocks.Lock lock;
        try {
            lock = lock(directory);
        } catch (NoSuchFileException e) {
            return null;
        }
        FrozenOverlay overlay = FrozenOverlay.open(space, directory, lock::close);
        if (!idOf(overlay.meta().id()).equals(id)) {
            overlay.close();
            return null;
        }
        return new Frozen(overlay);
    }

    /**
     * The same for an overlay that was frozen a moment ago, and is still in memory: a client waits.
     *
     * @param overlay not locked any more
     */
    FrozenLayer frozen(LayerId id, Overlay overlay) throws IOException {
        Path directory = layout.frozen(id);
        return new Frozen(overlay.freeze(space, directory, lock(directory)::close));
    }

    private FileLocks.Lock lock(Path directory) throws IOException {
        FileLocks.Lock lock = space.tryLock(directory.resolve(META), LockKind.SHARED);
        if (lock == null) {
            throw new StoreException("layer " + directory + ": somebody is changing it: try again");
        }
        return lock;
    }

    /** Owned by the chain that opened it. */
    private record Frozen(FrozenOverlay overlay) implements FrozenLayer {

        @Override
        public ExtentList extents(int blobIndex) {
            return overlay.extents(blobIndex);
        }

        @Override
        public BlockSource data() {
            return overlay.data();
        }

        @Override
        public void close() throws IOException {
            overlay.close();
        }
    }
}
