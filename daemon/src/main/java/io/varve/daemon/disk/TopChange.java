package io.varve.daemon.disk;

import io.varve.daemon.overlay.Overlay;
import java.io.IOException;

/**
 * How the overlay of a disk in use is frozen and a fresh one takes its place.
 *
 * <p>Thread-safe because {@link #commit} and {@link #onDone} are called once each, one after the other.
 */
public interface TopChange {

    /**
     * What the disk goes through from now on.
     *
     * @param chain   with the frozen overlay as its top; has taken over what the old chain gives back
     * @param overlay empty, not attached
     */
    record Top(ChainSnapshot chain, Overlay overlay) {}

    /**
     * Makes the change durable. Called on a worker, while no write is under way; all that was written is in the data
     * file and the map of the old overlay, and durable.
     *
     * @throws IOException if it was not done, and the old overlay stays the top; an implementation that cannot tell
     *                     fails the old overlay first
     */
    Top commit(Overlay old, ChainSnapshot chain) throws IOException;

    /**
     * Called at the end, on the agent of the disk.
     *
     * @param failure null if the change is durable and in place
     * @param heldNs  how long writes waited
     */
    void onDone(IOException failure, long heldNs);
}
