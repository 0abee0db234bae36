package io.varve.shim.libc;

import jnr.ffi.Pointer;

/**
 * System calls on memory. Failures are -1 and {@link Libc#errno()}. {@code long} stands for {@code size_t}, {@code
 * off_t} and returned pointers.
 *
 * <p>Public only because jnr-ffi implements it in another class loader.
 *
 * <p>Thread-safe because it has no state.
 */
public interface MemoryCalls {

    /** asm-generic/mman-common.h. */
    int PROT_READ = 1;
    /** asm-generic/mman-common.h. */
    int PROT_WRITE = 2;
    /** linux/mman.h. */
    int MAP_PRIVATE = 0x02;
    /** asm-generic/mman-common.h. */
    int MAP_ANONYMOUS = 0x20;
    /** asm-generic/mman.h. */
    int MAP_NORESERVE = 0x4000;
    /** asm-generic/mman-common.h. */
    int MADV_DONTNEED = 4;

    /** The first argument is a pointer so that there are not six integers, which jnr-ffi's stub gets wrong. */
    long mmap(Pointer address, long length, int protection, int flags, int fd, long position);

    int munmap(long address, long length);

    int madvise(long address, long length, int advice);
}
