package io.varve.daemon.remote;

/**
 * Consecutive bytes of a disk, as a server says them: of any length.
 *
 * @param position of the first byte, 0 or more
 * @param end      position behind the last byte, inside of the disk
 *
 * <p>Immutable.
 */
record ByteSpan(long position, long end) {}
