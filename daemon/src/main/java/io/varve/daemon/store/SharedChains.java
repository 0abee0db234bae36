package io.varve.daemon.store;

import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open chain for all disks that stand on it, whatever their image is called. Its files, its map and the page
 * cache behind them are shared; the last disk to go closes it.
 *
 * <p>Thread-safe because the table is only touched under its lock. Opening happens under it too: it takes
 * milliseconds, and everybody who waits wants a chain, mostly the same one.
 */
final class SharedChains {

    private static final Logger LOG = LoggerFactory.getLogger(SharedChains.class);

    private final Opener opener;
    private final Map<Key, Shared> chains = new HashMap<>();

    /** Opens chains of a store. */
    @FunctionalInterface
    interface Opener {
        Chain open(List<LayerId> baseFirst, long size) throws IOException;
    }

    private record Key(List<LayerId> baseFirst, long size) {}

    /** Owned by the table. */
    private static final class Shared {
        private final Chain chain;
        private int leaseCount;

        Shared(Chain chain) {
            this.chain = chain;
        }
    }

    SharedChains(Opener opener) {
        this.opener = opener;
    }

    /** The caller closes the lease once. */
    synchronized Lease open(List<LayerId> baseFirst, long size) throws IOException {
        Key key = new Key(List.copyOf(baseFirst), size);
        Shared shared = chains.get(key);
        if (shared == null) {
            shared = new Shared(opener.open(key.baseFirst, size));
            chains.put(key, shared);
        }
        shared.leaseCount++;
        return new Lease(key, shared.chain);
    }

    private synchronized void giveBack(Key key) {
        Shared shared = chains.get(key);
        shared.leaseCount--;
        if (shared.leaseCount > 0) {
            return;
        }
        chains.remove(key);
        try {
            shared.chain.close();
        } catch (IOException e) {
            LOG.warn("a chain of {} layers did not close cleanly", key.baseFirst.size(), e);
        }
    }

    /** How many chains are open. */
    synchronized int openCount() {
        return chains.size();
    }

    /** The right to read a chain. Owned by who opened it. */
    final class Lease implements AutoCloseable {
        private final Key key;
        private final Chain chain;

        private Lease(Key key, Chain chain) {
            this.key = key;
            this.chain = chain;
        }

        Chain chain() {
            return chain;
        }

        @Override
        public void close() {
            giveBack(key);
        }
    }
}
