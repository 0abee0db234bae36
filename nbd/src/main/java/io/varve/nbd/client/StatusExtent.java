package io.varve.nbd.client;

/**
 * A piece of the answer to BLOCK_STATUS.
 *
 * @param length bytes, positive, up to 2^32-1, with extended headers to 2^63-1
 * @param flags  as the context defines them; for base:allocation {@code NbdProtocol.STATE_*}
 *
 * <p>Immutable.
 */
public record StatusExtent(long length, int flags) {}
