/**
 * Constants and one flyweight per message of the NBD protocol, big-endian spelled out at every access.
 *
 * <p>Source: {@code doc/proto.md} of the NetworkBlockDevice project.
 */
package io.varve.nbd.wire;
