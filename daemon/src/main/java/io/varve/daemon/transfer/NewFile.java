package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BulkFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file that gets its name when it is complete. Until then it lies beside it, under a name of which a run that was
 * killed leaves one at most: the next run for the same file deletes it. Two runs at a time exclude each other by a
 * lock.
 *
 * <p>Owned by the thread that writes it.
 */
final class NewFile implements AutoCloseable {

    private static final String PREFIX = ".";
    private static final String SUFFIX = ".varve-export";

    private final FileSpace space;
    private final Path path;
    private final boolean replaces;
    private final FileLocks.Lock lock;
    private final BlockFile file;
    private boolean published;

    private NewFile(FileSpace space, Path path, boolean replaces, FileLocks.Lock lock) throws IOException {
        this.space = space;
        this.path = path;
        this.replaces = replaces;
        this.lock = lock;
        // Under the lock the name stays what it is.
        this.file = BulkFile.open(space, lock.file());
    }

    /**
     * Where a file of a name really goes: symbolic links are followed.
     *
     * @throws ExportException if it cannot be written there
     */
    static Path place(Path wanted, boolean replaces) throws IOException {
        Path absolute = wanted.toAbsolutePath();
        if (Files.exists(absolute)) {
            if (!Files.isRegularFile(absolute)) {
                throw new ExportException(wanted + " is " + (Files.isDirectory(absolute) ? "a directory"
                        : "a special file") + ": name a file that is to be made");
            }
            if (!replaces) {
                throw taken(wanted);
            }
            return absolute.toRealPath();
        }
        Path directory = absolute.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new ExportException("there is no directory " + directory + " for " + wanted + ": make it first");
        }
        return directory.toRealPath().resolve(absolute.getFileName());
    }

    private static ExportException taken(Path path) {
        return new ExportException(path + " exists already: choose another name, or say --force to replace it");
    }

    /**
     * Makes an empty file.
     *
     * @param path as {@link #place} found it
     */
    static NewFile create(FileSpace space, Path path, boolean replaces) throws IOException {
        Path temporary = path.resolveSibling(PREFIX + path.getFileName() + SUFFIX);
        boolean fresh = make(space, temporary);
        if (!fresh) {
            try (FileLocks.Lock leftover = lock(space, temporary, path)) {
                space.delete(leftover.file());
            }
            make(space, temporary);
        }
        FileLocks.Lock lock = lock(space, temporary, path);
        boolean done = false;
        try {
            NewFile file = new NewFile(space, path, replaces, lock);
            done = true;
            return file;
        } finally {
            if (!done) {
                space.delete(temporary);
                lock.close();
            }
        }
    }

    private static boolean make(FileSpace space, Path temporary) throws IOException {
        try {
            space.open(temporary, OpenMode.CREATE_NEW).close();
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    private static FileLocks.Lock lock(FileSpace space, Path temporary, Path path) throws IOException {
        FileLocks.Lock lock = null;
        try {
            lock = space.tryLock(temporary, LockKind.EXCLUSIVE);
        } catch (NoSuchFileException e) {
            // Another run has just deleted it, or given it its name.
        }
        if (lock == null) {
            throw new ExportException(path + " is being exported to already: wait for that to end");
        }
        return lock;
    }

    BlockFile file() {
        return file;
    }

    /** Gives it its name; durable at return, as far as its content is. */
    void publish() throws IOException {
        if (!replaces && space.exists(path)) {
            throw taken(path);
        }
        space.rename(lock.file(), path);
        published = true;
        space.syncDirectory(path.getParent());
    }

    /** Without a name it is deleted. */
    @Override
    public void close() throws IOException {
        try (FileLocks.Lock held = lock; BlockFile open = file) {
            if (!published) {
                space.delete(held.file());
            }
        }
    }
}
