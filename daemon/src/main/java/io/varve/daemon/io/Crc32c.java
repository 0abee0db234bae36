package io.varve.daemon.io;

import io.varve.shim.MemoryView;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeApi;

/**
 * CRC32C (Castagnoli, RFC 3720) of off-heap bytes, at the speed of the processor's instruction, without allocation.
 *
 * <p>Design note: the JDK takes a {@link ByteBuffer}, and making a view of a buffer allocates. So each thread has one
 * view, as large as a view can be, that is pointed at the bytes for the time of the call.
 *
 * <p>Thread-safe because view and checksum are per thread.
 */
public final class Crc32c {

    private static final ThreadLocal<Crc32c> OF_THREAD = ThreadLocal.withInitial(Crc32c::new);

    private final CRC32C checksum = new CRC32C();
    /** Owns no memory; where it points is only meant during a call. */
    private final ByteBuffer view = MemoryView.over(0, Integer.MAX_VALUE);

    private Crc32c() {}

    /**
     * @param length bytes; 0 gives 0
     * @throws IllegalArgumentException if the buffer is on the heap
     */
    public static int of(DirectBuffer buffer, int index, int length) {
        long address = Buffers.address(buffer, index, length);
        int value = OF_THREAD.get().of(address, length);
        Reference.reachabilityFence(buffer);
        return value;
    }

    private int of(long address, int length) {
        checksum.reset();
        UnsafeApi.putLong(view, BufferUtil.BYTE_BUFFER_ADDRESS_FIELD_OFFSET, address);
        view.limit(length).position(0);
        checksum.update(view);
        return (int) checksum.getValue();
    }
}
