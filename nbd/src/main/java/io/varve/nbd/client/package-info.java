/** A small NBD client on the same wire classes, for upstream origins, the demo and tests. */
package io.varve.nbd.client;
