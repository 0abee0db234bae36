package io.varve.daemon.cli;

import io.varve.daemon.store.UpkeepPolicy;

/**
 * What was said about upkeep on the command line; null: nothing.
 *
 * @param scrubRate     bytes per second
 * @param maxLayerCount of a chain
 * @param copyRate      bytes per second
 */
public record UpkeepOptions(Long scrubRate, Integer maxLayerCount, Long copyRate) {

    /** For a daemon that serves and does nothing else. */
    public static final UpkeepOptions NONE = new UpkeepOptions(0L, 0, 0L);

    /** The options where they were given, {@code usual} elsewhere. */
    public UpkeepPolicy over(UpkeepPolicy usual) {
        return new UpkeepPolicy(
                scrubRate == null ? usual.scrubRate() : scrubRate,
                maxLayerCount == null ? usual.maxLayerCount() : maxLayerCount,
                copyRate == null ? usual.copyRate() : copyRate,
                usual.bootPacks());
    }
}
