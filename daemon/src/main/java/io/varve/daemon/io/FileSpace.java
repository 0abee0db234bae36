package io.varve.daemon.io;

import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * The directory operations that durability depends on, beside {@link BlockFile}. Names and sizes become durable by
 * {@link #syncDirectory}, as on a real file system.
 *
 * <p>Thread-safe because calls are independent.
 */
public interface FileSpace {

    /**
     * @throws java.nio.file.NoSuchFileException      if mode is not CREATE_NEW and there is none
     * @throws java.nio.file.FileAlreadyExistsException if mode is CREATE_NEW and there is one
     */
    BlockFile open(Path file, OpenMode mode) throws IOException;

    /** Creates the directory and missing parents; existing ones are fine. */
    void createDirectories(Path directory) throws IOException;

    /** Replaces {@code to} in one step. Durable after {@link #syncDirectory} of the parents. */
    void rename(Path from, Path to) throws IOException;

    /**
     * Two existing names, of files or of directories with all that is in them, change places in one step. Durable
     * after {@link #syncDirectory} of the parents.
     *
     * @throws java.nio.file.NoSuchFileException if one of them is missing
     */
    void exchange(Path one, Path other) throws IOException;

    /** Missing files are fine. */
    void delete(Path file) throws IOException;

    boolean exists(Path file);

    /** Links are followed. */
    boolean isDirectory(Path file);

    /**
     * Bytes of a file.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    long size(Path file) throws IOException;

    /**
     * When the file, or the names in the directory, changed last.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    Instant modified(Path file) throws IOException;

    /** Direct children, sorted; empty if the directory is missing. */
    List<Path> list(Path directory) throws IOException;

    void syncDirectory(Path directory) throws IOException;

    /**
     * Says "in use" to everybody else who uses the same files; see {@link FileLocks}. Returns at once.
     *
     * @return null if somebody else holds the file in a way that excludes {@code kind}
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException;

    enum OpenMode {
        READ,
        READ_WRITE,
        /**
         * As READ_WRITE, and what is written leaves the page cache alone where the file system can do that: for much
         * data that nobody will read soon. Buffers, positions and lengths of writes are whole pages.
         */
        READ_WRITE_UNCACHED,
        CREATE_NEW
    }
}
