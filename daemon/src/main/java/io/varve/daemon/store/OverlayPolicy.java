package io.varve.daemon.store;

/**
 * How a daemon treats what its clients write. Immutable.
 *
 * @param mode how long writes last
 */
public record OverlayPolicy(OverlayMode mode) {

    /** The same for everybody, without limits. */
    public static OverlayPolicy of(OverlayMode mode) {
        return new OverlayPolicy(mode);
    }
}
