package io.varve.daemon.io;

/**
 * A source that can tell of some of its bytes that they are zero, without reading them.
 *
 * <p>Thread-safe because implementations keep no position.
 */
public interface SparseSource extends BlockSource {

    /**
     * What is known about the bytes from a position on, without waiting for anything.
     *
     * @param maxLength bytes, at least 1; the range lies inside the source
     * @return above 0: so many bytes are zero; below 0: so many may be other than zero, or nobody knows without waiting
     */
    long knownZeros(long position, long maxLength);
}
