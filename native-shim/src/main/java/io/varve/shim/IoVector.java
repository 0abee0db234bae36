package io.varve.shim;

import io.varve.shim.libc.NativeMemory;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * An array of {@code struct iovec} (bits/types/struct_iovec.h) in native memory, for calls that scatter and gather.
 *
 * <pre>
 *  entry i at i * 16:  0 base (address, 8 bytes) | 8 length (bytes, 8 bytes)
 * </pre>
 *
 * <p>Owned by the thread that prepares it and makes the call.
 */
public final class IoVector {

    private static final int ENTRY_LENGTH = 16;
    private static final int BASE_OFFSET = 0;
    private static final int LENGTH_OFFSET = 8;

    private final NativeMemory memory;
    private final ByteBuffer entries;
    private final int capacity;

    /** @param capacity entries; the kernel takes at most 1024 in one call (IOV_MAX) */
    public IoVector(int capacity) {
        this.capacity = capacity;
        memory = NativeMemory.allocate(Math.multiplyExact(capacity, ENTRY_LENGTH));
        entries = memory.buffer();
    }

    /** Of the first entry; valid as long as this object is reachable. */
    public long address() {
        return memory.address();
    }

    /** Of one entry: an array that starts there is what is left after the entries before it are done. */
    public long address(int index) {
        return memory.address() + (long) Objects.checkIndex(index, capacity) * ENTRY_LENGTH;
    }

    public int capacity() {
        return capacity;
    }

    /** @param length bytes, 0 or more; the memory must stay valid until the call that uses it returned */
    public void set(int index, long base, long length) {
        int entry = Objects.checkIndex(index, capacity) * ENTRY_LENGTH;
        entries.putLong(entry + BASE_OFFSET, base);
        entries.putLong(entry + LENGTH_OFFSET, length);
    }

    public long base(int index) {
        return entries.getLong(Objects.checkIndex(index, capacity) * ENTRY_LENGTH + BASE_OFFSET);
    }

    public long length(int index) {
        return entries.getLong(Objects.checkIndex(index, capacity) * ENTRY_LENGTH + LENGTH_OFFSET);
    }
}
