package io.varve.nbd.export;

/** Takes the extents of a BLOCK_STATUS answer, in order. Owned by the agent of the connection. */
@FunctionalInterface
public interface StatusSink {

    /**
     * Adds an extent behind the previous one; an extent with the same flags as the previous one extends it.
     *
     * @param length bytes, positive
     * @param flags  status bits of the context, for example {@code NBD_STATE_HOLE | NBD_STATE_ZERO}
     * @return whether more extents are wanted
     */
    boolean add(long length, int flags);
}
