package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.OpenLayers;
import io.varve.daemon.layer.OpenOnce;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens chains, and says of each layer in them that it is in use: as long as a chain is open, the manifests of its
 * layers are locked, shared. Whoever deletes layers locks them exclusively first. What several chains need at the same
 * time, locks included, is open once.
 *
 * <p>Thread-safe because what chains share is.
 */
final class ChainOpener {

    private static final int ATTEMPTS = 50;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final FileSpace space;
    private final StoreLayout layout;
    private final Replacements replacements;
    private final LooseLayers loose;
    private final OpenLayers shared;
    private final OpenOnce<LayerId, FileLocks.Lock> locks = new OpenOnce<>();

    ChainOpener(FileSpace space, StoreLayout layout, Replacements replacements, LooseLayers loose) {
        this.space = space;
        this.layout = layout;
        this.replacements = replacements;
        this.loose = loose;
        this.shared = new OpenLayers(space, layout.layers());
    }

    /** Nobody may use a layer while it is deleted. Immutable. */
    private static final class BeingDeletedException extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** As {@link Store#openChain}. */
    Chain open(List<LayerId> baseFirst, long size) throws IOException {
        List<LayerId> chain = replacements.resolve(baseFirst);
        for (int attempt = 1; ; attempt++) {
            try {
                return Chain.open(shared, chain, size, loose, lockAll(chain));
            } catch (BeingDeletedException e) {
                if (attempt == ATTEMPTS) {
                    throw new StoreException("a layer below it is being deleted at this moment: try again", e);
                }
                LockSupport.parkNanos(RETRY_NS);
            } catch (NoSuchFileException e) {
                List<LayerId> now = replacements.resolve(baseFirst);
                if (now.equals(chain) || attempt == ATTEMPTS) {
                    throw new StoreException("a layer below it was removed from the store (" + e.getFile()
                            + " is missing): restore that file, or import the image again", e);
                }
                chain = now;
            }
        }
    }

    private List<AutoCloseable> lockAll(List<LayerId> chain) throws IOException {
        List<OpenOnce<LayerId, FileLocks.Lock>.Lease> held = new ArrayList<>(chain.size());
        boolean complete = false;
        try {
            for (LayerId layer : chain) {
                if (!loose.contains(layer)) { // Finding such a layer locks it.
                    held.add(locks.take(layer, () -> lock(layer)));
                }
            }
            complete = true;
            return List.copyOf(held);
        } finally {
            if (!complete) {
                for (OpenOnce<LayerId, FileLocks.Lock>.Lease lock : held) {
                    lock.close();
                }
            }
        }
    }

    private FileLocks.Lock lock(LayerId layer) throws IOException {
        FileLocks.Lock lock = space.tryLock(LayerFiles.manifest(layout.layers(), layer), LockKind.SHARED);
        if (lock == null) {
            throw new BeingDeletedException();
        }
        return lock;
    }
}
