package io.varve.nbd.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** What the thread takes from the heap, without what the test itself takes. Owned by the thread of the test. */
final class AllocationMeter {

    /** The hooks of a search by Jazzer allocate more than the server does. */
    private static final boolean INSTRUMENTED = Boolean.getBoolean("jazzer.hooks");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long threadId = Thread.currentThread().getId();
    private long before;
    private long own;
    private long taken;

    void begin() {
        own = 0;
        before = threads.getThreadAllocatedBytes(threadId);
    }

    void end() {
        taken = INSTRUMENTED ? 0 : threads.getThreadAllocatedBytes(threadId) - before - own;
    }

    /** Bytes between {@link #begin} and {@link #end}; 0 while Jazzer searches. */
    long taken() {
        return taken;
    }

    byte[] grown(byte[] array, int length) {
        own += length + 64L;
        return Arrays.copyOf(array, length);
    }

    long[] grown(long[] array, int length) {
        own += (long) length * Long.BYTES + 64;
        return Arrays.copyOf(array, length);
    }

    /** The test allocated so much. */
    void discount(long length) {
        own += length;
    }
}
