package io.varve.daemon.store;

import io.varve.daemon.io.MachineMemory;

/**
 * How a daemon treats what its clients write. Immutable.
 *
 * @param mode         how long writes last
 * @param quotaLength  bytes of pages that one overlay may hold; 0 for no limit
 * @param memoryLength bytes of memory that all overlays share in mode {@link OverlayMode#MEMORY}
 */
public record OverlayPolicy(OverlayMode mode, long quotaLength, long memoryLength) {

    /** Bytes; what the mode needs to work at all. */
    public static final long MIN_MEMORY_LENGTH = 1 << 20;

    /** A quarter of the machine's memory, or of the container's. */
    public static long usualMemoryLength() {
        return Math.max(MIN_MEMORY_LENGTH, MachineMemory.length() / 4);
    }

    /** Without limits; in memory, with little of it. */
    public static OverlayPolicy of(OverlayMode mode) {
        return new OverlayPolicy(mode, 0, MIN_MEMORY_LENGTH);
    }
}
