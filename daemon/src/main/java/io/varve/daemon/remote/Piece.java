package io.varve.daemon.remote;

import org.agrona.DirectBuffer;

/**
 * Consecutive bytes of a disk, one of several that are read together, and where they go.
 *
 * @param position of the first byte in the disk
 * @param index    of the first byte in the buffer
 * @param length   bytes, 1 to {@link Origin#MAX_READ_LENGTH}
 *
 * <p>Immutable.
 */
public record Piece(long position, int index, int length) {

    /** Position behind the last byte. */
    public long end() {
        return position + length;
    }

    /** @throws IndexOutOfBoundsException as {@link ByteRange#checked} */
    ByteRange checked(DirectBuffer destination, long size) {
        return ByteRange.checked(position, destination, index, length, size);
    }
}
