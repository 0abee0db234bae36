package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The three locks of a store as a whole. The kernel keeps them, so they end with their process, however it ends.
 *
 * <p>Thread-safe because every call takes a lock of its own.
 */
final class StoreLocks {

    private static final long CATALOGUE_LIMIT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_MS = 5;
    private static final int MAX_PID_LENGTH = 32;

    private final FileSpace space;
    private final StoreLayout layout;

    StoreLocks(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
    }

    /** Creates the lock files; existing ones are fine. */
    void create() throws IOException {
        create(layout.catalogueLock());
        create(layout.writersLock());
        create(layout.daemonLock());
    }

    /** Held for every change of the catalogue, for milliseconds; waits for others. */
    FileLocks.Lock catalogue() throws IOException {
        long deadlineNs = System.nanoTime() + CATALOGUE_LIMIT_NS;
        while (true) {
            FileLocks.Lock lock = space.tryLock(layout.catalogueLock(), LockKind.EXCLUSIVE);
            if (lock != null) {
                return lock;
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new StoreException("store " + layout.root() + ": another varve has been changing it for "
                        + TimeUnit.NANOSECONDS.toSeconds(CATALOGUE_LIMIT_NS) + " s: wait for it to end and try again");
            }
            pause();
        }
    }

    /** Held by the one daemon of the store, which leaves its process id for those who come later. */
    FileLocks.Lock daemon() throws IOException {
        FileLocks.Lock lock = space.tryLock(layout.daemonLock(), LockKind.EXCLUSIVE);
        if (lock == null) {
            throw new StoreException("another daemon holds this store (pid " + holder() + "): " + layout.root()
                    + ": stop it, or choose another store with --store");
        }
        try {
            new SmallFiles(space).overwrite(layout.daemonLock(),
                    (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            lock.close();
            throw e;
        }
        return lock;
    }

    /** Held while layers are written that no manifest names yet: nobody deletes any meanwhile. Waits for deleters. */
    FileLocks.Lock writer() throws IOException {
        long deadlineNs = System.nanoTime() + CATALOGUE_LIMIT_NS;
        while (true) {
            FileLocks.Lock lock = space.tryLock(layout.writersLock(), LockKind.SHARED);
            if (lock != null) {
                return lock;
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new StoreException("store " + layout.root() + ": another varve is deleting layers: "
                        + "wait for it to end and try again");
            }
            pause();
        }
    }

    /** @return null while layers are being written */
    FileLocks.Lock deleter() throws IOException {
        return space.tryLock(layout.writersLock(), LockKind.EXCLUSIVE);
    }

    private String holder() throws IOException {
        byte[] content = new SmallFiles(space).read(layout.daemonLock(), MAX_PID_LENGTH);
        String pid = new String(content, StandardCharsets.US_ASCII).strip();
        return pid.matches("[0-9]+") ? pid : "unknown";
    }

    private void create(Path file) throws IOException {
        try {
            space.open(file, FileSpace.OpenMode.CREATE_NEW).close();
        } catch (FileAlreadyExistsException e) {
            // From an earlier use; its content does not matter.
        }
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a lock", e);
        }
    }
}
