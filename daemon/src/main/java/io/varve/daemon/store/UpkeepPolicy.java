package io.varve.daemon.store;

/**
 * What a daemon does for its store beside serving.
 *
 * <p>Immutable.
 *
 * @param scrubRate     bytes per second at which the store is read and verified; 0: not at all
 * @param maxLayerCount a longer chain is merged; 0: none is
 * @param copyRate      bytes per second at which pages are copied; 0: as fast as it goes
 * @param bootPacks     whether the pages that boots of an image read are kept a second time, one after the other
 */
public record UpkeepPolicy(long scrubRate, int maxLayerCount, long copyRate, boolean bootPacks) {

    /** What is done unless somebody wants something else. */
    public static final UpkeepPolicy DEFAULT = new UpkeepPolicy(BackgroundScrub.DEFAULT_RATE, 16, 50L << 20, true);

    /** Serves and does nothing else. */
    public static final UpkeepPolicy NONE = new UpkeepPolicy(0, 0, 0, false);
}
