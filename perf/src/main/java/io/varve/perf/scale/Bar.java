package io.varve.perf.scale;

/**
 * What a figure should be, beside what it is.
 *
 * <p>Immutable.
 *
 * @param what    of which sweep, for people
 * @param atMost  in the unit
 */
record Bar(String sweep, String what, String unit, double measured, double atMost) {

    boolean reached() {
        return measured <= atMost;
    }
}
