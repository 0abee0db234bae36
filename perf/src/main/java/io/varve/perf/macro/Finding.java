package io.varve.perf.macro;

/**
 * A figure that is not taken from a load alone.
 *
 * <p>Immutable.
 *
 * @param what   was measured, with the unit at its end
 * @param server title of its server
 * @param spread over the rounds
 * @param bar    null where there is nothing to reach
 */
record Finding(String what, String server, Spread spread, Bar bar) {

    /** With a bar for Varve alone: the peers stand beside it. */
    static Finding of(String what, Contender contender, double[] rounds, Bar varveBar) {
        return new Finding(what, contender.title, Spread.of(rounds), contender == Contender.VARVE ? varveBar : null);
    }

    boolean hasBar() {
        return bar != null;
    }

    boolean isReached() {
        return bar == null || bar.isReached(spread.median());
    }
}
