package io.varve.daemon.io.sim;

import java.io.IOException;

/** A write that fails half-way, for a {@link SimHook} to throw. Immutable. */
public final class SimShortWrite extends IOException {

    private static final long serialVersionUID = 1L;

    private final int writtenLength;
    private final IOException failure;

    /**
     * @param writtenLength bytes that are written
     * @param failure       what the caller is told
     */
    public SimShortWrite(int writtenLength, IOException failure) {
        super(failure);
        this.writtenLength = writtenLength;
        this.failure = failure;
    }

    int writtenLength() {
        return writtenLength;
    }

    IOException failure() {
        return failure;
    }
}
