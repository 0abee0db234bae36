package io.varve.shim;

import java.nio.ByteBuffer;

/** Byte buffers over memory that somebody else owns. Thread-safe because it has no state. */
public final class MemoryView {

    private MemoryView() {}

    /**
     * Big-endian, as every new buffer. The buffer does not keep the memory alive, and must not be used without it.
     *
     * @param address of the first byte
     * @param length  bytes
     */
    public static ByteBuffer over(long address, int length) {
        return com.kenai.jffi.MemoryIO.getInstance().newDirectByteBuffer(address, length);
    }
}
