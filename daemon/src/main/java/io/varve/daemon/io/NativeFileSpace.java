package io.varve.daemon.io;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.file.LockKind;
import io.varve.shim.file.NativeFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Directories of the operating system. Files that it creates are for their owner alone: they are people's disks.
 *
 * <p>Thread-safe because it has no state.
 */
public final class NativeFileSpace implements FileSpace {

    private static final int OWNER_READ_WRITE = 0600;

    @Override
    public BlockFile open(Path file, OpenMode mode) throws IOException {
        int flags = switch (mode) {
            case READ -> NativeFile.O_RDONLY;
            case READ_WRITE, READ_WRITE_UNCACHED -> NativeFile.O_RDWR;
            case CREATE_NEW -> NativeFile.O_RDWR | NativeFile.O_CREAT | NativeFile.O_EXCL;
        };
        NativeBlockFile opened = new NativeBlockFile(file, openDescriptor(file, flags));
        if (mode == OpenMode.READ_WRITE_UNCACHED) {
            try {
                opened.bypassCache();
            } catch (IOException e) {
                opened.close();
                throw e;
            }
        }
        return opened;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (FileSystemException e) {
            // The number behind it is not to be had.
            if (Errno.describe(Errno.ENOSPC).startsWith(String.valueOf(e.getReason()))) {
                throw new NoSpaceException(e.getMessage(), e);
            }
            throw e;
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void exchange(Path one, Path other) throws IOException {
        try {
            NativeFile.exchange(one.toString(), other.toString());
        } catch (NativeException e) {
            throw switch (e.errno()) {
                case Errno.ENOENT -> because(new NoSuchFileException(one.toString(), other.toString(), null), e);
                case Errno.EINVAL -> new IOException(one + ": its file system cannot exchange names: " + e.getMessage()
                        + ": keep the store on ext4, xfs, btrfs or tmpfs", e);
                default -> new IOException(e.getMessage(), e);
            };
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public boolean exists(Path file) {
        return Files.exists(file);
    }

    @Override
    public boolean isDirectory(Path file) {
        return Files.isDirectory(file);
    }

    @Override
    public long size(Path file) throws IOException {
        return Files.size(file);
    }

    @Override
    public Instant modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toInstant();
    }

    @Override
    public FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException {
        return FileLocks.tryLock(file, kind);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            return children.sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        int fd = openDescriptor(directory, NativeFile.O_RDONLY);
        try {
            NativeFile.fsync(fd);
        } catch (NativeException e) {
            throw new IOException(directory + ": cannot make its names durable: " + e.getMessage(), e);
        } finally {
            NativeFile.close(fd);
        }
    }

    /** Failures have the types that java.nio.file has for them. */
    static int openDescriptor(Path file, int flags) throws IOException {
        try {
            return NativeFile.open(file.toString(), flags, OWNER_READ_WRITE);
        } catch (NativeException e) {
            throw switch (e.errno()) {
                case Errno.ENOENT -> because(new NoSuchFileException(file.toString()), e);
                case Errno.EEXIST -> because(new FileAlreadyExistsException(file.toString()), e);
                case Errno.EACCES, Errno.EPERM -> because(new AccessDeniedException(file.toString()), e);
                case Errno.ENOSPC, Errno.EDQUOT -> new NoSpaceException(e.getMessage(), e);
                default -> new IOException(e.getMessage(), e);
            };
        }
    }

    private static IOException because(IOException failure, NativeException cause) {
        failure.initCause(cause);
        return failure;
    }
}
