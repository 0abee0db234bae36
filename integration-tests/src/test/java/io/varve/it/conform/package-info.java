/**
 * The rules of NBD, as far as they can be seen from outside, each with a test of its own that bears its number:
 * {@code @Rule(14)}. The suite has its own client and shares no code with the server, so what it finds is the
 * server's.
 */
package io.varve.it.conform;
