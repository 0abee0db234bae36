package io.varve.daemon.io;

/**
 * Consecutive bytes of a {@link BlockSource}, or of a disk on another machine.
 *
 * @param position of the first byte, 0 or more
 * @param length   bytes, at least 1
 *
 * <p>Immutable.
 */
public record SourceRange(long position, long length) {

    public SourceRange {
        if (position < 0 || length < 1 || position > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException(length + " bytes at " + position);
        }
    }

    /** Position behind the last byte. */
    public long end() {
        return position + length;
    }
}
