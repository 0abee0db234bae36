package io.varve.daemon.remote;

/**
 * What one mirror has been asked so far, and how it is. Each number only grows.
 *
 * @param name     of the origin
 * @param state    at this moment
 * @param requests that were sent to it, of every kind
 * @param bytes    that it answered with, also if another one was first
 * @param failures requests that it failed
 * @param wrong    those among them that it answered with other bytes than the manifest says
 * @param extra    what it was asked beyond the necessary
 *
 * <p>Immutable.
 */
public record MirrorCounts(
        String name, State state, long requests, long bytes, long failures, long wrong, Extra extra) {

    /** Whether a mirror is asked. */
    public enum State {
        WELL,
        /** It has said that it wants to be left alone for a while. */
        BUSY,
        /** It has failed too often, and is left alone for a while. */
        RESTS,
        /** Its disk is another one: it is not asked any more. */
        OUT
    }

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

    /** As it is, with what the same mirror was asked before it was opened this time. */
    public MirrorCounts plus(MirrorCounts before) {
        return new MirrorCounts(name, state, requests + before.requests, bytes + before.bytes,
                failures + before.failures, wrong + before.wrong, new Extra(
                        extra.retries + before.extra.retries,
                        extra.failovers + before.extra.failovers,
                        extra.hedges + before.extra.hedges));
    }
}
