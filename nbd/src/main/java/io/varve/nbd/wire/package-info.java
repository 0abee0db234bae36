/**
 * Constants and one flyweight per message of the NBD protocol, big-endian spelled out at every access.
 *
 * <p>Source: {@code doc/proto.md} of the NetworkBlockDevice project; extended headers from its branch
 * {@code extension-ext-header}, which is what qemu (8.2) and libnbd (1.18) speak.
 */
package io.varve.nbd.wire;
