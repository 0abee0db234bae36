package io.varve.shim;

import io.varve.shim.libc.Libc;
import io.varve.shim.libc.MemoryCalls;

/**
 * A range of addresses, of any length, behind which memory comes and goes: a page takes memory when it is touched
 * first, and gives it back by {@link #discard}. All of it reads as zero before.
 *
 * <p>Design note: mapped and not allocated by the C library, because that one keeps what was freed for itself.
 *
 * <p>Thread-safe because ranges are independent; {@link #close} is called once, by the owner, when nobody uses an
 * address of it any more.
 */
public final class NativeMemoryRange implements AutoCloseable {

    private static final int NO_FILE = -1;
    private static final long FAILED = -1;

    private final long address;
    private final long length;

    private NativeMemoryRange(long address, long length) {
        this.address = address;
        this.length = length;
    }

    /**
     * Takes addresses, and no memory yet.
     *
     * @param length bytes, more than 0
     */
    public static NativeMemoryRange reserve(long length) throws NativeException {
        long address = Libc.memory().mmap(null, length, MemoryCalls.PROT_READ | MemoryCalls.PROT_WRITE,
                MemoryCalls.MAP_PRIVATE | MemoryCalls.MAP_ANONYMOUS | MemoryCalls.MAP_NORESERVE, NO_FILE, 0);
        if (address == FAILED) {
            int errno = Libc.errno();
            throw new NativeException("mmap", errno, "mmap of " + length + " bytes: " + Errno.describe(errno));
        }
        return new NativeMemoryRange(address, length);
    }

    /** Of the first byte; a multiple of the machine's page. */
    public long address() {
        return address;
    }

    /** Bytes. */
    public long length() {
        return length;
    }

    /**
     * Gives memory back; the bytes read as zero.
     *
     * @param position of the first byte in the range, a multiple of the machine's page
     */
    public void discard(long position, long discardedLength) throws NativeException {
        if (position < 0 || discardedLength < 0 || position > length - discardedLength) {
            throw new IndexOutOfBoundsException(discardedLength + " bytes at " + position + " of " + length);
        }
        if (Libc.memory().madvise(address + position, discardedLength, MemoryCalls.MADV_DONTNEED) < 0) {
            int errno = Libc.errno();
            throw new NativeException("madvise", errno, "madvise of " + discardedLength + " bytes at " + position
                    + ": " + Errno.describe(errno));
        }
    }

    @Override
    public void close() throws NativeException {
        if (Libc.memory().munmap(address, length) < 0) {
            int errno = Libc.errno();
            throw new NativeException("munmap", errno, "munmap of " + length + " bytes: " + Errno.describe(errno));
        }
    }
}
