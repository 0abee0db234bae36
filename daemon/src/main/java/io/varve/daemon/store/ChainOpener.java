package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Opens chains, and says of each layer in them that it is in use: as long as a chain is open, the manifests of its
 * layers are locked, shared. Whoever deletes layers locks them exclusively first.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class ChainOpener {

    private static final int ATTEMPTS = 50;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final FileSpace space;
    private final StoreLayout layout;
    private final Replacements replacements;
    private final LooseLayers loose;

    ChainOpener(FileSpace space, StoreLayout layout, Replacements replacements, LooseLayers loose) {
        this.space = space;
        this.layout = layout;
        this.replacements = replacements;
        this.loose = loose;
    }

    /** As {@link Store#openChain}. */
    Chain open(List<LayerId> baseFirst, long size) throws IOException {
        List<LayerId> chain = replacements.resolve(baseFirst);
        for (int attempt = 1; ; attempt++) {
            try {
                List<FileLocks.Lock> held = lockAll(chain);
                if (held != null) {
                    return Chain.open(space, layout.layers(), chain, size, loose, held);
                }
                if (attempt == ATTEMPTS) {
                    throw new StoreException("a layer below it is being deleted at this moment: try again");
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

    /** @return null if somebody deletes one of them */
    private List<FileLocks.Lock> lockAll(List<LayerId> chain) throws IOException {
        List<FileLocks.Lock> held = new ArrayList<>(chain.size());
        boolean complete = false;
        try {
            for (LayerId layer : chain) {
                if (loose.contains(layer)) {
                    continue; // Finding it locks it.
                }
                FileLocks.Lock lock = space.tryLock(LayerFiles.manifest(layout.layers(), layer), LockKind.SHARED);
                if (lock == null) {
                    return null;
                }
                held.add(lock);
            }
            complete = true;
            return held;
        } finally {
            if (!complete) {
                for (FileLocks.Lock lock : held) {
                    lock.close();
                }
            }
        }
    }
}
