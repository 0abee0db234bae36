package io.varve.daemon.boot;

/**
 * Consecutive pages of a disk.
 *
 * @param pageIndex of the first, 0 or more
 * @param pageCount at least 1
 *
 * <p>Immutable.
 */
public record PageRange(long pageIndex, int pageCount) {}
