package io.varve.daemon.remote;

import java.util.concurrent.TimeUnit;

/**
 * How long who reads waits for others, and how much is read ahead.
 *
 * @param waitNs          a read waits so long for another one that fetches the same bytes; the budget of an origin, and
 *                        some more
 * @param overtakeNs      a client's read waits so long for bytes that are fetched ahead, then it fetches them itself
 * @param aheadFetchCount fetches ahead at one time
 */
public record RemoteLimits(long waitNs, long overtakeNs, int aheadFetchCount) {

    public static final RemoteLimits DEFAULT =
            new RemoteLimits(TimeUnit.SECONDS.toNanos(25), TimeUnit.SECONDS.toNanos(2), 4);

    public RemoteLimits {
        if (waitNs < 1 || overtakeNs < 0 || aheadFetchCount < 1) {
            throw new IllegalArgumentException("wait " + waitNs + " ns, overtake after " + overtakeNs + " ns, "
                    + aheadFetchCount + " ahead");
        }
    }
}
