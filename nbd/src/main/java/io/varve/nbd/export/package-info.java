/**
 * The port that others implement: exports, their directory, and the reply that a request is answered through.
 *
 * <p>Design note: a READ writes its bytes straight into the reply slot in the transmit buffer, because that is the
 * one place from where they leave; no buffer is passed on from layer to layer.
 *
 * <p>Design note: a request that cannot be answered at once is <em>parked</em> and finished later on the same thread,
 * because then sessions and exports need no locks, and a cold read of one client never stands in front of another's.
 */
package io.varve.nbd.export;
