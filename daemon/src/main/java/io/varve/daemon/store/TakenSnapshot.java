package io.varve.daemon.store;

/**
 * What became of a snapshot.
 *
 * <p>Immutable.
 *
 * @param image  the new one
 * @param heldNs how long writes of the client waited, in nanoseconds; 0 if it was not connected
 */
public record TakenSnapshot(ImageManifest image, long heldNs) {}
