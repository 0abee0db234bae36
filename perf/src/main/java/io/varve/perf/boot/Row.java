package io.varve.perf.boot;

import io.varve.perf.macro.Spread;
import java.util.function.ToLongFunction;

/**
 * Boots of one group of clients from one place.
 *
 * <p>Immutable.
 *
 * @param origin  name of the server that has the disk; that of {@link #HERE} if it is on this machine
 * @param clients that booted together
 * @param traffic of the origin during the boots
 */
record Row(String origin, int clients, Kind kind, Room.Outcome outcome, SlowOrigin.Traffic traffic) {

    static final String HERE = "here";
    /** Less of the machine's processor time idle than this, and the figure is one of the processors. */
    private static final double BUSY_BELOW = 0.05;

    /** What the site knew before. */
    enum Kind {
        WARM("warm"), FIRST("first time"), LEARNED("learned"), WRONG("wrong profile");

        final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    /** Seconds. */
    Spread elapsed() {
        return spread(Played::elapsedNs);
    }

    /** Seconds. */
    Spread waited() {
        return spread(Played::waitedNs);
    }

    /** Seconds. */
    Spread longest() {
        return spread(Played::longestNs);
    }

    boolean cpuBound() {
        return outcome.idleShare() < BUSY_BELOW;
    }

    /** Seconds below which these processors could not have done it, whatever else they had to do. */
    double cpuBoundSeconds(int processors) {
        return outcome.workSeconds() / processors;
    }

    private Spread spread(ToLongFunction<Played> value) {
        return Spread.of(outcome.played().stream().mapToDouble(one -> value.applyAsLong(one) / 1e9).toArray());
    }
}
