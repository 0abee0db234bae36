package io.varve.daemon.overlay;

/**
 * What an open overlay takes at a moment. Immutable.
 *
 * @param heldLength   bytes of the pages that it holds
 * @param quotaLength  bytes that it may hold; 0 if nothing but the disk limits it
 * @param memoryLength bytes of the memory pool that it has; 0 if it is not in memory
 */
public record OverlayUse(long heldLength, long quotaLength, long memoryLength) {}
