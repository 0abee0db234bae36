package io.varve.nbd.client;

/**
 * A metadata context that a server told of.
 *
 * @param wireId what BLOCK_STATUS chunks call it; 0 and meaningless in a LIST
 * @param name   such as {@code base:allocation}
 *
 * <p>Immutable.
 */
public record MetaContext(int wireId, String name) {}
