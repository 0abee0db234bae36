package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Seals loose layers, and puts what they were sealed to in their place: pages get checksums, and those that the layers
 * below have as well are left out. A frozen overlay stays until a garbage collection finds that nobody needs it; an
 * image file is its owner's, and stays where it is.
 *
 * <p>A seal that was interrupted is begun anew by the next one.
 *
 * <p>Owned by the thread that seals.
 */
final class FrozenSeal {

    private final Store store;
    private final Pace pace;

    FrozenSeal(Store store, Pace pace) {
        this.store = store;
        this.pace = pace;
    }

    /**
     * Seals the top of a chain.
     *
     * @param chain as it is now, base first; its last layer is a loose one
     * @param size  bytes of the disk
     */
    void seal(List<LayerId> chain, long size) throws IOException {
        List<LayerId> below = chain.subList(0, chain.size() - 1);
        try (FileLocks.Lock writing = store.lockForWriting();
                Chain base = store.openChain(below, size);
                FrozenLayer top = store.looseLayers().find(chain.get(below.size()))) {
            if (top == null) {
                throw new StoreException("layer " + store.looseLayers().file(chain.get(below.size()))
                        + ": it is not what it was: see 'varve verify'");
            }
            List<LayerId> sealed = new ArrayList<>(below);
            // Of a client that wrote nothing between two snapshots there remains nothing.
            new OverlayCommit(top.extents(0), new AheadSource(top.data()), base, pace)
                    .seal(store.space(), store.layout().layers()).ifPresent(sealed::add);
            store.replace(chain, sealed);
        }
    }
}
