package io.varve.daemon.boot;

import io.varve.shim.NativeException;
import io.varve.shim.NativeMemoryRange;
import java.io.UncheckedIOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Zeroed memory of which a page is taken when it is touched first. What a client needs that comes and goes, or that
 * boots from a small part of a large disk, is a page or two of what a long boot may need.
 *
 * <p>Owned by who made it, and never touched after {@link #close}.
 */
final class BootMemory implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BootMemory.class);

    private final NativeMemoryRange range;
    private final UnsafeBuffer buffer;

    /**
     * @param length bytes, more than 0
     * @throws UncheckedIOException if the machine refuses so many addresses
     */
    BootMemory(int length) {
        try {
            range = NativeMemoryRange.reserve(length);
        } catch (final NativeException ex) {
            throw new UncheckedIOException("memory for a boot", ex);
        }
        buffer = new UnsafeBuffer(range.address(), length);
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        buffer.wrap(0, 0);
        try {
            range.close();
        } catch (final NativeException ex) {
            LOGGER.warn("the memory of a boot was not given back", ex);
        }
    }
}
