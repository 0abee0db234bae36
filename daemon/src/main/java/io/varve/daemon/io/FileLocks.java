package io.varve.daemon.io;

import io.varve.shim.file.LockKind;
import io.varve.shim.file.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Locks on existing files that say "in use". The kernel drops them with the process, also after a kill.
 *
 * <p>Design note: locks of open file descriptions, not of processes, because two parts of one daemon must exclude
 * each other too, and because closing another descriptor of the same file must not drop a lock. A lock is on the file
 * that the name has now: who replaces or deletes the file must hold it exclusively.
 *
 * <p>Thread-safe because every lock has its own descriptor.
 */
public final class FileLocks {

    private FileLocks() {}

    /**
     * Returns at once.
     *
     * @return null if somebody else holds the file in a way that excludes {@code kind}
     * @throws NoSuchFileException if there is no such file
     */
    public static Lock tryLock(Path file, LockKind kind) throws IOException {
        int flags = kind == LockKind.SHARED ? NativeFile.O_RDONLY : NativeFile.O_RDWR;
        while (true) {
            int fd = NativeFileSpace.openDescriptor(file, flags);
            boolean kept = false;
            try {
                if (!NativeFile.tryLock(fd, kind)) {
                    return null;
                }
                // Between open and lock the file may have been deleted or replaced by who held it before.
                kept = isStill(file, fd);
                if (kept) {
                    return new Held(file, fd);
                }
            } finally {
                if (!kept) {
                    NativeFile.close(fd);
                }
            }
        }
    }

    private static boolean isStill(Path file, int fd) throws IOException {
        Object locked = key(Path.of("/proc/self/fd", Integer.toString(fd)));
        try {
            return locked.equals(key(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** A lock that is held. Thread-safe because only the first close releases it. */
    public interface Lock extends AutoCloseable {

        Path file();

        /** Again does nothing. */
        @Override
        void close() throws IOException;
    }

    /** Thread-safe because the descriptor is taken once. */
    private static final class Held implements Lock {

        private static final int RELEASED = -1;

        private final Path file;
        private final AtomicInteger fd;

        Held(Path file, int fd) {
            this.file = file;
            this.fd = new AtomicInteger(fd);
        }

        @Override
        public Path file() {
            return file;
        }

        @Override
        public void close() throws IOException {
            int descriptor = fd.getAndSet(RELEASED);
            if (descriptor != RELEASED) {
                NativeFile.close(descriptor);
            }
        }
    }
}
