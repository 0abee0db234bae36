package io.varve.daemon.serve;

/**
 * A connection in the transmission phase, for {@code varve status}.
 *
 * <p>Immutable.
 *
 * @param agent        name of the agent that serves it
 * @param peer         who connected, as the listener saw it
 * @param export       canonical export name
 * @param requestCount requests so far
 * @param parkedCount  requests that wait at this moment
 */
public record ConnectionStatus(String agent, String peer, String export, long requestCount, int parkedCount) {}
