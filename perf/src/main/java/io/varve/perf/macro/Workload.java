package io.varve.perf.macro;

import io.varve.perf.macro.Load.Access;
import io.varve.perf.macro.Place.Transport;

/**
 * What the client does in one counted run, and to what.
 *
 * <p>Immutable.
 *
 * @param name        as printed and as written to the report
 * @param pages       what the client's overlay holds at the start; only a server with overlays cares
 * @param place       what is served
 * @param temperature of the page cache at the start
 */
public record Workload(String name, Load load, Pages pages, Place place, Temperature temperature) {

    /** State of the pages that the run touches, in the overlay of the client. */
    public enum Pages {
        /** The overlay is empty and stays empty: every page comes from the layer. */
        FROM_LAYER,
        /** Every page was written before, uncounted: the run overwrites. */
        PRESENT,
        /** No page was written before, and the run writes each at most once. */
        FRESH
    }

    public enum Temperature {
        /** What is read was read before. */
        WARM,
        /** Nothing of the disk is in the page cache when the run begins. */
        COLD
    }

    /** One connection over a unix socket to a disk of one layer, warm; writes go to pages that are present. */
    static Workload of(String name, Access access, int blockLength, int depth) {
        return new Workload(name, new Load(access, blockLength, depth, 1, 0),
                access.writes() ? Pages.PRESENT : Pages.FROM_LAYER, Place.USUAL, Temperature.WARM);
    }

    Workload connections(int count) {
        return with(new Load(load.access(), load.blockLength(), load.depth(), count, load.flushEvery()));
    }

    Workload flushEvery(int writes) {
        return with(new Load(load.access(), load.blockLength(), load.depth(), load.connections(), writes));
    }

    private Workload with(Load newLoad) {
        return new Workload(name, newLoad, pages, place, temperature);
    }

    Workload fresh() {
        return new Workload(name, load, Pages.FRESH, place, temperature);
    }

    Workload overTcp() {
        return new Workload(name, load, pages, new Place(Transport.TCP, place.layers()), temperature);
    }

    Workload layers(int count) {
        return new Workload(name, load, pages, new Place(place.transport(), count), temperature);
    }

    Workload cold() {
        return new Workload(name, load, pages, place, Temperature.COLD);
    }

    boolean isCold() {
        return temperature == Temperature.COLD;
    }
}
