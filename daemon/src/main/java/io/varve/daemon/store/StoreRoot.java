package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The directory that is a store, or becomes one.
 *
 * <p>Thread-safe because it keeps no state of its own; a store is made once, under a lock.
 */
final class StoreRoot {

    private final FileSpace space;
    private final StoreLayout layout;
    private final Path root;

    StoreRoot(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.layout = layout;
        this.root = layout.root();
    }

    /**
     * Whether a store of this version is there.
     *
     * @throws StoreException if a file is in its place, or it is not readable for this user
     * @throws IOException    if it is damaged, or of another version
     */
    boolean isStore() throws IOException {
        if (space.exists(root) && !space.isDirectory(root)) {
            throw new StoreException("store " + root + ": a file is in its place: "
                    + "choose another directory with --store");
        }
        try {
            StoreIdentity.read(new SmallFiles(space), layout.identity());
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (AccessDeniedException e) {
            throw new StoreException("store " + root + ": not readable for this user: "
                    + "use --store or VARVE_STORE for one of your own", e);
        }
    }

    /** @throws StoreException if something else is there, or this user may not */
    void make() throws IOException {
        try {
            space.createDirectories(root);
        } catch (AccessDeniedException e) {
            throw new StoreException("store " + root + ": cannot be created by this user: "
                    + "use --store or VARVE_STORE for a place of your own", e);
        }
        // Two processes may be here at once: the lock files come first, and the identity is written once, under a lock.
        requireOurs();
        StoreLocks locks = new StoreLocks(space, layout);
        locks.create();
        try (FileLocks.Lock held = locks.catalogue()) {
            for (Path directory : layout.directories()) {
                space.createDirectories(directory);
            }
            if (!space.exists(layout.identity())) {
                new StoreIdentity(UUID.randomUUID()).write(new SmallFiles(space), layout.identity());
            }
        }
        space.syncDirectory(root);
        if (root.getParent() != null) {
            space.syncDirectory(root.getParent());
        }
    }

    /** Never makes a store out of somebody's home directory. */
    private void requireOurs() throws IOException {
        for (Path file : space.list(root)) {
            if (!layout.isOurs(file)) {
                throw new StoreException("store " + root + ": not a store, but not empty either (it has "
                        + Names.shown(file.getFileName().toString()) + "): choose an empty directory with --store");
            }
        }
    }
}
