package io.varve.daemon.remote;

/**
 * What one mirror has been asked so far. Each number only grows.
 *
 * @param name     of the origin
 * @param isOut    whether it is not asked any more, because its disk is another one
 * @param requests that were sent to it, of every kind
 * @param bytes    that it answered with, also if another one was first
 * @param failures requests that it failed
 * @param extra    what it was asked beyond the necessary
 *
 * <p>Immutable.
 */
public record MirrorCounts(
        String name, boolean isOut, long requests, long bytes, long failures, Extra extra) {

    /**
     * Requests after the first one of a read.
     *
     * @param retries   after another one failed, here or elsewhere
     * @param failovers the retries among them for which another mirror failed before
     * @param hedges    because another mirror was slow
     *
     * <p>Immutable.
     */
    public record Extra(long retries, long failovers, long hedges) {}
}
