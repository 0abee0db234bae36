package io.varve.daemon.boot;

/**
 * How well one boot was predicted, in pages. Immutable.
 *
 * @param prefetched loaded before any demand
 * @param used       demanded after they had been loaded, first touch only
 * @param wasted     loaded, and not demanded when the boot was over; zero until then
 * @param late       demanded before their load was done
 * @param missed     demanded, but not in the sequence
 */
public record BootCounters(long prefetched, long used, long wasted, long late, long missed) {

    public static final BootCounters ZERO = new BootCounters(0, 0, 0, 0, 0);

    /** Share of demanded pages that were in memory because of us, 0 to 1; 0 while nothing was demanded. */
    public double hitRatio() {
        final long demanded = used + late + missed;
        return demanded == 0 ? 0 : (double) used / demanded;
    }
}
