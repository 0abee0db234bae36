package io.varve.daemon.io.sim;

import java.io.IOException;

/**
 * Sees calls before they take effect, and may let them fail.
 *
 * <p>Owned by one test.
 */
@FunctionalInterface
public interface SimHook {

    SimHook NONE = call -> { };

    /**
     * @throws SimShortWrite to let a write fail after some of its bytes
     * @throws IOException   to let the call fail without effect; a failed sync also forgets what it should have
     *                       covered
     * @throws SimCrash      to cut the power: the call takes effect as far as a crash lets it, and no call succeeds
     *                       on this file space any more
     */
    void before(SimCall call) throws IOException;
}
