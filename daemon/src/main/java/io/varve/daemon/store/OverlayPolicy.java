package io.varve.daemon.store;

/**
 * How a daemon treats what its clients write. Immutable.
 *
 * @param mode        how long writes last
 * @param quotaLength bytes of pages that one overlay may hold; 0 for no limit
 */
public record OverlayPolicy(OverlayMode mode, long quotaLength) {

    /** The same for everybody, without limits. */
    public static OverlayPolicy of(OverlayMode mode) {
        return new OverlayPolicy(mode, 0);
    }
}
