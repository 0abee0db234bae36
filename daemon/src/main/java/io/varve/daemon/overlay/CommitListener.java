package io.varve.daemon.overlay;

import java.io.IOException;

/**
 * Who waits for a commit.
 *
 * <p>Owned by the agent of the overlay: called once per commit, on that thread.
 */
@FunctionalInterface
public interface CommitListener {

    /** @param failure why nothing may be assumed durable, or null if all that was written before is */
    void onCommitted(IOException failure);
}
