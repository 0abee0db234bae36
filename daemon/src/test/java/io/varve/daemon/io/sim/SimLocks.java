package io.varve.daemon.io.sim;

import io.varve.daemon.io.FileLocks;
import io.varve.shim.file.LockKind;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Who holds which file of a simulated disk. As in a kernel, a lock is on the file, not on its name.
 *
 * <p>Owned by its file space, whose lock guards it.
 */
final class SimLocks {

    private static final int EXCLUSIVE = -1;

    private final Object guard;
    /** How many share a file, or {@link #EXCLUSIVE}; free files are not in the map. */
    private final Map<SimFile, Integer> holders = new IdentityHashMap<>();

    SimLocks(Object guard) {
        this.guard = guard;
    }

    /** Null if somebody else's lock excludes it. */
    FileLocks.Lock tryLock(Path path, SimFile file, LockKind kind) {
        int count = holders.getOrDefault(file, 0);
        if (count == EXCLUSIVE || kind == LockKind.EXCLUSIVE && count > 0) {
            return null;
        }
        holders.put(file, kind == LockKind.EXCLUSIVE ? EXCLUSIVE : count + 1);
        return new Held(path, file);
    }

    int count() {
        return holders.size();
    }

    private void release(SimFile file) {
        int count = holders.get(file);
        if (count == EXCLUSIVE || count == 1) {
            holders.remove(file);
        } else {
            holders.put(file, count - 1);
        }
    }

    private final class Held implements FileLocks.Lock {

        private final Path path;
        private final SimFile file;
        private boolean released;

        Held(Path path, SimFile file) {
            this.path = path;
            this.file = file;
        }

        @Override
        public Path file() {
            return path;
        }

        @Override
        public void close() {
            synchronized (guard) {
                if (!released) {
                    released = true;
                    release(file);
                }
            }
        }
    }
}
