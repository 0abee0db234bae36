package io.varve.daemon.remote;

import org.agrona.DirectBuffer;

/**
 * Consecutive bytes of a disk.
 *
 * @param position of the first byte, 0 or more
 * @param length   bytes, 1 to {@link Origin#MAX_READ_LENGTH}
 *
 * <p>Immutable.
 */
record ByteRange(long position, int length) {

    /**
     * A range that was asked for, and where it is to go.
     *
     * @param size bytes of the disk
     * @throws IndexOutOfBoundsException if it is longer than one read may be, or lies outside of the disk or the buffer
     */
    static ByteRange checked(long position, DirectBuffer destination, int index, int length, long size) {
        if (length < 1 || length > Origin.MAX_READ_LENGTH || position < 0 || position > size - length) {
            throw new IndexOutOfBoundsException(
                    length + " bytes at " + position + " of a disk of " + size + ", at most "
                            + Origin.MAX_READ_LENGTH + " at once");
        }
        // Not destination.boundsCheck: the library's checks can be switched off, and the bytes come from a stranger.
        if (index < 0 || index > destination.capacity() - length) {
            throw new IndexOutOfBoundsException(
                    "index " + index + ", length " + length + ", capacity " + destination.capacity());
        }
        return new ByteRange(position, length);
    }

    /** Position of the last byte. */
    long last() {
        return position + length - 1;
    }

    @Override
    public String toString() {
        return "bytes " + position + "-" + last();
    }
}
