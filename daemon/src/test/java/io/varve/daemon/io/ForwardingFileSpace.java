package io.varve.daemon.io;

import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * Another space, for tests that change one thing about it.
 *
 * <p>Thread-safe because the other space is.
 */
public class ForwardingFileSpace implements FileSpace {

    private final FileSpace space;

    public ForwardingFileSpace(FileSpace space) {
        this.space = space;
    }

    @Override
    public BlockFile open(Path file, OpenMode mode) throws IOException {
        return space.open(file, mode);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        space.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        space.rename(from, to);
    }

    @Override
    public void exchange(Path one, Path other) throws IOException {
        space.exchange(one, other);
    }

    @Override
    public void delete(Path file) throws IOException {
        space.delete(file);
    }

    @Override
    public boolean isDirectory(Path file) {
        return space.isDirectory(file);
    }

    @Override
    public long size(Path file) throws IOException {
        return space.size(file);
    }

    @Override
    public Instant modified(Path file) throws IOException {
        return space.modified(file);
    }

    @Override
    public FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException {
        return space.tryLock(file, kind);
    }

    @Override
    public boolean exists(Path file) {
        return space.exists(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return space.list(directory);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        space.syncDirectory(directory);
    }
}
