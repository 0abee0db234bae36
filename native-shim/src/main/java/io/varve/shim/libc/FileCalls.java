package io.varve.shim.libc;

import jnr.ffi.annotations.IgnoreError;

/**
 * System calls on files. Failures are -1 and {@link Libc#errno()}, unless said otherwise. {@code long} stands for
 * pointers, {@code size_t}, {@code ssize_t} and {@code off_t}.
 *
 * <p>Public only because jnr-ffi implements it in another class loader. Never a method with exactly six integer
 * arguments: its x86-64 stub passes garbage as the sixth.
 *
 * <p>Thread-safe because it has no state.
 */
public interface FileCalls {

    /** linux/fs.h. */
    int RWF_NOWAIT = 0x00000008;
    /** linux/fs.h, since Linux 6.14. */
    int RWF_DONTCACHE = 0x00000080;

    /** linux/falloc.h. */
    int FALLOC_FL_KEEP_SIZE = 0x01;
    /** linux/falloc.h. */
    int FALLOC_FL_PUNCH_HOLE = 0x02;
    /** linux/falloc.h. */
    int FALLOC_FL_ZERO_RANGE = 0x10;

    /** asm-generic/fcntl.h. */
    int F_SETFL = 4;
    /** asm-generic/fcntl.h. */
    int F_OFD_SETLK = 37;
    /** asm-generic/fcntl.h. */
    short F_RDLCK = 0;
    /** asm-generic/fcntl.h. */
    short F_WRLCK = 1;
    /** asm-generic/fcntl.h. */
    short F_UNLCK = 2;
    /** sys/file.h. */
    int LOCK_EX = 2;

    /** unistd.h. */
    int SEEK_END = 2;
    /** unistd.h. */
    int SEEK_DATA = 3;
    /** unistd.h. */
    int SEEK_HOLE = 4;

    /** linux/fcntl.h. */
    int AT_FDCWD = -100;
    /** linux/fs.h. */
    int RENAME_EXCHANGE = 2;

    /** linux/fcntl.h. */
    int AT_EMPTY_PATH = 0x1000;
    /** linux/stat.h. */
    int STATX_BLOCKS = 0x400;

    int open(long path, int flags, int mode);

    int close(int fd);

    long pread(int fd, long address, long length, long position);

    long preadv2(int fd, long iovec, int count, long position, int flags);

    long pwrite(int fd, long address, long length, long position);

    long lseek(int fd, long position, int whence);

    int fdatasync(int fd);

    int fsync(int fd);

    int ftruncate(int fd, long length);

    int fallocate(int fd, int mode, long position, long length);

    /** Returns the errno; does not set it. */
    @IgnoreError
    int posix_fadvise(int fd, long position, long length, int advice);

    /** With commands that take a pointer. */
    int fcntl(int fd, int command, long argument);

    int flock(int fd, int operation);

    /** glibc 2.28. */
    int renameat2(int fromDirectory, long from, int toDirectory, long to, int flags);

    /** glibc 2.28. */
    int statx(int fd, long path, int flags, int mask, long result);
}
