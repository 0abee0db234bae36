package io.varve.daemon.layer;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Things that are open once for all who need them at the same time; the last to give one back closes it.
 *
 * <p>Thread-safe because the table is only touched under its lock, and a thing is opened under a lock of its own: who
 * wants another one does not wait meanwhile.
 *
 * @param <K> says which, by its equality
 */
public final class OpenOnce<K, V extends AutoCloseable> {

    private final Map<K, Shared<V>> open = new HashMap<>();

    /** Opens a thing for the first who needs it. */
    @FunctionalInterface
    public interface Opener<V> {
        V open() throws IOException;
    }

    /** Its count is guarded by the table, its value by itself. */
    private static final class Shared<V> {
        private int leaseCount;
        private V value;

        synchronized V value(Opener<V> opener) throws IOException {
            if (value == null) {
                value = opener.open();
            }
            return value;
        }
    }

    /**
     * Opens the thing unless somebody else has it open. The caller closes the lease once.
     *
     * @param opener used only where it is needed
     * @throws IOException from the opener; whoever comes next tries again
     */
    public Lease take(K key, Opener<V> opener) throws IOException {
        Shared<V> shared;
        synchronized (open) {
            shared = open.computeIfAbsent(key, unknown -> new Shared<>());
            shared.leaseCount++;
        }
        boolean taken = false;
        try {
            Lease lease = new Lease(key, shared, shared.value(opener));
            taken = true;
            return lease;
        } finally {
            if (!taken) {
                giveBack(key, shared);
            }
        }
    }

    /** @return whether it was the last one */
    private boolean giveBack(K key, Shared<V> shared) {
        synchronized (open) {
            if (--shared.leaseCount > 0) {
                return false;
            }
            open.remove(key);
            return true;
        }
    }

    /** How many things are open. */
    public int openCount() {
        synchronized (open) {
            return open.size();
        }
    }

    /** The right to use a thing. Owned by who took it. */
    public final class Lease implements AutoCloseable {
        private final K key;
        private final Shared<V> shared;
        private final V value;

        private Lease(K key, Shared<V> shared, V value) {
            this.key = key;
            this.shared = shared;
            this.value = value;
        }

        public V value() {
            return value;
        }

        @Override
        public void close() throws IOException {
            if (!giveBack(key, shared)) {
                return;
            }
            try {
                value.close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
