/**
 * The handshake: a state machine that takes bytes and gives bytes, and ends with {@code Negotiated} or a closed
 * connection. One class per option.
 */
package io.varve.nbd.negotiate;
