package io.varve.daemon.io.sim;

/**
 * The power is cut. An error, so that no code under test takes it for a failure that it can handle. Immutable.
 */
public final class SimCrash extends Error {

    private static final long serialVersionUID = 1L;

    public SimCrash(String where) {
        super(where);
    }
}
