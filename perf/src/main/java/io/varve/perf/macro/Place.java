package io.varve.perf.macro;

/**
 * What a server has to offer for a workload: over which kind of socket, and how long the chain of layers is.
 *
 * <p>Immutable.
 *
 * @param layers at least 1; of a server without layers, 1
 */
public record Place(Transport transport, int layers) {

    /** Over a unix socket, one layer. */
    static final Place USUAL = new Place(Transport.UNIX, 1);

    public enum Transport {
        UNIX,
        /** Of 127.0.0.1. */
        TCP
    }
}
