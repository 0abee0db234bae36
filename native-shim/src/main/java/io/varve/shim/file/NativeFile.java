package io.varve.shim.file;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.FileCalls;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import java.lang.ref.Reference;

/**
 * Calls on file descriptors with native addresses. Nothing is checked here: who calls owns descriptor and memory.
 * A call that a signal interrupted is made again. Every failure is a {@link NativeException}.
 *
 * <p>Thread-safe because it has no state.
 */
public final class NativeFile {

    /** Answer of {@link #preadNoWait}: the bytes are not in memory. */
    public static final int WOULD_BLOCK = -1;
    /** Answer of {@link #preadUncached}. */
    public static final int UNSUPPORTED = -1;
    /** Answer of {@link #seekData} and {@link #seekHole}: nothing of the kind up to the end of the file. */
    public static final long NO_MORE = -1;

    /** asm-generic/fcntl.h. */
    public static final int O_RDONLY = 0;
    /** asm-generic/fcntl.h. */
    public static final int O_WRONLY = 1;
    /** asm-generic/fcntl.h. */
    public static final int O_RDWR = 2;
    /** asm-generic/fcntl.h. */
    public static final int O_CREAT = 0x40;
    /** asm-generic/fcntl.h. */
    public static final int O_EXCL = 0x80;
    /** asm-generic/fcntl.h. */
    public static final int O_TRUNC = 0x200;
    /** 0 on architectures whose number for it is not known here. */
    private static final int O_DIRECT = directFlag(System.getProperty("os.arch"));
    /** asm-generic/fcntl.h. */
    private static final int O_CLOEXEC = 0x80000;

    /** Mode of {@link #fallocate}: deallocate, reads as zero, size stays. */
    public static final int PUNCH_HOLE = FileCalls.FALLOC_FL_PUNCH_HOLE | FileCalls.FALLOC_FL_KEEP_SIZE;
    /** Mode of {@link #fallocate}: allocate, reads as zero, size stays. */
    public static final int ZERO_RANGE = FileCalls.FALLOC_FL_ZERO_RANGE | FileCalls.FALLOC_FL_KEEP_SIZE;

    /** bits/fcntl-linux.h, POSIX_FADV_RANDOM. */
    public static final int ADVICE_RANDOM = 1;
    /** bits/fcntl-linux.h, POSIX_FADV_SEQUENTIAL. */
    public static final int ADVICE_SEQUENTIAL = 2;
    /** bits/fcntl-linux.h, POSIX_FADV_WILLNEED. */
    public static final int ADVICE_WILL_NEED = 3;
    /** bits/fcntl-linux.h, POSIX_FADV_DONTNEED. */
    public static final int ADVICE_DONT_NEED = 4;

    private static final FileCalls LIBC = Libc.files();

    /** struct flock, bits/fcntl.h: type at 0, whence at 2, start at 8, length at 16, pid at 24; 0 length = all. */
    private static final int FLOCK_LENGTH = 32;
    private static final int FLOCK_TYPE_OFFSET = 0;

    /** struct statx, linux/stat.h: blocks of 512 bytes at 48; the same layout on every architecture. */
    private static final int STATX_LENGTH = 256;
    private static final int STATX_BLOCKS_OFFSET = 48;
    private static final int STATX_BLOCK_LENGTH = 512;

    private NativeFile() {}

    /** asm-generic/fcntl.h, and arch/arm64/include/uapi/asm/fcntl.h, which has numbers of its own. */
    static int directFlag(String architecture) {
        return switch (architecture) {
            case "amd64", "riscv64" -> 0x4000;
            case "aarch64" -> 0x10000;
            default -> 0;
        };
    }

    /**
     * Close-on-exec always.
     *
     * @param mode permissions of a file that is created, less the umask
     */
    public static int open(String path, int flags, int mode) throws NativeException {
        NativeMemory name = NativeMemory.path(path);
        try {
            while (true) {
                int fd = LIBC.open(name.address(), flags | O_CLOEXEC, mode);
                if (fd >= 0) {
                    return fd;
                }
                int errno = Libc.errno();
                if (errno != Errno.EINTR) {
                    throw new NativeException("open", errno, "open " + path + ": " + Errno.describe(errno));
                }
            }
        } finally {
            Reference.reachabilityFence(name);
        }
    }

    /** The descriptor is gone whatever the answer is; an error (EIO) says that earlier writes may be lost. */
    public static void close(int fd) throws NativeException {
        // Not again after EINTR: Linux has released the number, and somebody else may own it already.
        if (LIBC.close(fd) < 0 && Libc.errno() != Errno.EINTR) {
            throw NativeException.last("close");
        }
    }

    /**
     * Two names, of files or directories, change places in one step: renameat2(2), RENAME_EXCHANGE.
     *
     * @throws NativeException ENOENT if one is missing; EINVAL where the file system cannot do it
     */
    public static void exchange(String one, String other) throws NativeException {
        NativeMemory oneName = NativeMemory.path(one);
        NativeMemory otherName = NativeMemory.path(other);
        try {
            int answer = LIBC.renameat2(FileCalls.AT_FDCWD, oneName.address(), FileCalls.AT_FDCWD,
                    otherName.address(), FileCalls.RENAME_EXCHANGE);
            if (answer < 0) {
                int errno = Libc.errno();
                throw new NativeException("renameat2", errno,
                        "exchange " + one + " and " + other + ": " + Errno.describe(errno));
            }
        } finally {
            Reference.reachabilityFence(oneName);
            Reference.reachabilityFence(otherName);
        }
    }

    /** @return bytes read, 0 at the end of the file, else 1 to {@code length} */
    public static int pread(int fd, long address, int length, long position) throws NativeException {
        while (true) {
            long count = LIBC.pread(fd, address, length, position);
            if (count >= 0) {
                return (int) count;
            }
            retryOrThrow("pread");
        }
    }

    /**
     * Reads what is in the page cache. On a file system that cannot tell (EOPNOTSUPP) it waits for the disk.
     *
     * @param iovecAddress one {@code struct iovec}, see {@link io.varve.shim.IoVector}
     * @return bytes read, 0 at the end of the file, or {@link #WOULD_BLOCK}
     */
    public static int preadNoWait(int fd, long iovecAddress, long position) throws NativeException {
        int flags = FileCalls.RWF_NOWAIT;
        while (true) {
            long count = LIBC.preadv2(fd, iovecAddress, 1, position, flags);
            if (count >= 0) {
                return (int) count;
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return WOULD_BLOCK;
            }
            if (errno == Errno.EOPNOTSUPP && flags != 0) {
                flags = 0;
            } else if (errno != Errno.EINTR) {
                throw new NativeException("preadv2", errno);
            }
        }
    }

    /**
     * Reads, waiting if it must, and leaves in the page cache only what was there before (RWF_DONTCACHE).
     *
     * @param iovecAddress one {@code struct iovec}, see {@link io.varve.shim.IoVector}
     * @return bytes read, 0 at the end of the file, or {@link #UNSUPPORTED}: by this kernel, or this file system
     */
    public static int preadUncached(int fd, long iovecAddress, long position) throws NativeException {
        while (true) {
            long count = LIBC.preadv2(fd, iovecAddress, 1, position, FileCalls.RWF_DONTCACHE);
            if (count >= 0) {
                return (int) count;
            }
            int errno = Libc.errno();
            if (errno == Errno.EOPNOTSUPP || errno == Errno.EINVAL) {
                return UNSUPPORTED;
            }
            if (errno != Errno.EINTR) {
                throw new NativeException("preadv2", errno);
            }
        }
    }

    /**
     * From now on reads and writes through this descriptor go past the page cache (O_DIRECT); the kernel refuses
     * (EINVAL) those that are not aligned as file system and disk want it.
     *
     * @return false if file system or architecture cannot do it
     */
    public static boolean bypassCache(int fd) throws NativeException {
        if (O_DIRECT == 0) {
            return false;
        }
        if (LIBC.fcntl(fd, FileCalls.F_SETFL, O_DIRECT) == 0) {
            return true;
        }
        int errno = Libc.errno();
        if (errno == Errno.EINVAL) {
            return false;
        }
        throw new NativeException("fcntl", errno);
    }

    /** Takes {@link #bypassCache} back. */
    public static void useCache(int fd) throws NativeException {
        if (LIBC.fcntl(fd, FileCalls.F_SETFL, 0) < 0) {
            throw NativeException.last("fcntl");
        }
    }

    /** @return bytes written, at least 1 if {@code length} is not 0 */
    public static int pwrite(int fd, long address, int length, long position) throws NativeException {
        while (true) {
            long count = LIBC.pwrite(fd, address, length, position);
            if (count >= 0) {
                return (int) count;
            }
            retryOrThrow("pwrite");
        }
    }

    /** Bytes, of a file or a block device. Moves the descriptor's own position, which nothing here uses. */
    public static long size(int fd) throws NativeException {
        long size = LIBC.lseek(fd, 0, FileCalls.SEEK_END);
        if (size < 0) {
            throw NativeException.last("lseek");
        }
        return size;
    }

    /** Bytes that the file takes on its file system; holes take none. */
    public static long allocatedLength(int fd) throws NativeException {
        NativeMemory path = NativeMemory.path("");
        NativeMemory result = NativeMemory.allocate(STATX_LENGTH);
        try {
            if (LIBC.statx(fd, path.address(), FileCalls.AT_EMPTY_PATH, FileCalls.STATX_BLOCKS, result.address()) < 0) {
                throw NativeException.last("statx");
            }
            return result.buffer().getLong(STATX_BLOCKS_OFFSET) * STATX_BLOCK_LENGTH;
        } finally {
            Reference.reachabilityFence(path);
            Reference.reachabilityFence(result);
        }
    }

    /**
     * First byte at or after a position that is not in a hole. A file system that knows no holes calls everything data.
     *
     * @return {@link #NO_MORE} if there is none before the end of the file
     */
    public static long seekData(int fd, long position) throws NativeException {
        return seek(fd, position, FileCalls.SEEK_DATA);
    }

    /**
     * First byte at or after a position that is in a hole; the end of the file is one.
     *
     * @return {@link #NO_MORE} if the position is not inside the file
     */
    public static long seekHole(int fd, long position) throws NativeException {
        return seek(fd, position, FileCalls.SEEK_HOLE);
    }

    private static long seek(int fd, long position, int whence) throws NativeException {
        long found = LIBC.lseek(fd, position, whence);
        if (found >= 0) {
            return found;
        }
        int errno = Libc.errno();
        if (errno == Errno.ENXIO) {
            return NO_MORE;
        }
        throw new NativeException("lseek", errno);
    }

    public static void fdatasync(int fd) throws NativeException {
        // An interrupted sync has not reported its error yet, so asking again is right; after EIO it never is.
        while (LIBC.fdatasync(fd) < 0) {
            retryOrThrow("fdatasync");
        }
    }

    public static void fsync(int fd) throws NativeException {
        while (LIBC.fsync(fd) < 0) {
            retryOrThrow("fsync");
        }
    }

    public static void ftruncate(int fd, long length) throws NativeException {
        while (LIBC.ftruncate(fd, length) < 0) {
            retryOrThrow("ftruncate");
        }
    }

    /** @param mode {@link #PUNCH_HOLE}, {@link #ZERO_RANGE}, or 0 to allocate and grow */
    public static void fallocate(int fd, int mode, long position, long length) throws NativeException {
        while (LIBC.fallocate(fd, mode, position, length) < 0) {
            retryOrThrow("fallocate");
        }
    }

    /** @param advice one of the {@code ADVICE_} constants */
    public static void fadvise(int fd, long position, long length, int advice) throws NativeException {
        int errno = LIBC.posix_fadvise(fd, position, length, advice);
        if (errno != 0) {
            throw new NativeException("posix_fadvise", errno);
        }
    }

    /**
     * Locks the whole file for this open file description; other descriptions, also of this process, are kept out.
     * Replaces the lock that the description has. Gone when its last descriptor is closed, also by a kill.
     *
     * @return false if a lock of somebody else is in the way
     */
    public static boolean tryLock(int fd, LockKind kind) throws NativeException {
        return setLock(fd, kind == LockKind.SHARED ? FileCalls.F_RDLCK : FileCalls.F_WRLCK);
    }

    public static void unlock(int fd) throws NativeException {
        setLock(fd, FileCalls.F_UNLCK);
    }

    private static boolean setLock(int fd, short type) throws NativeException {
        NativeMemory flock = NativeMemory.allocate(FLOCK_LENGTH);
        flock.buffer().putShort(FLOCK_TYPE_OFFSET, type);
        try {
            while (LIBC.fcntl(fd, FileCalls.F_OFD_SETLK, flock.address()) < 0) {
                int errno = Libc.errno();
                if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
                    return false;
                }
                retryOrThrow("fcntl");
            }
            return true;
        } finally {
            Reference.reachabilityFence(flock);
        }
    }

    private static void retryOrThrow(String call) throws NativeException {
        int errno = Libc.errno();
        if (errno != Errno.EINTR) {
            throw new NativeException(call, errno);
        }
    }
}
