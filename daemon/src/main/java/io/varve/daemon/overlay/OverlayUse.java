package io.varve.daemon.overlay;

/**
 * What an open overlay takes at a moment. Immutable.
 *
 * @param heldLength   bytes of the pages that it holds
 * @param quotaLength  bytes that it may hold; 0 if nothing but the disk limits it
 */
public record OverlayUse(long heldLength, long quotaLength) {}
