package io.varve.daemon.overlay;

import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * What an overlay does so that its writes survive: a lot for one that is kept, nothing for one that is not.
 *
 * <p>Owned by the thread that owns the overlay.
 */
interface Durability {

    /** Answers an executor that runs tasks later on the owner's thread, and never inside a call of the overlay. */
    Executor attach(Executor owner, HolePuncher puncher);

    /** Those of an overlay that is not kept are none, and stay so. */
    default Bitmaps bitmaps() {
        return Bitmaps.none();
    }

    /** Whether a commit comes after which zeroed pages may be punched. */
    boolean commits();

    /**
     * Makes sure that the coming change of state can be made durable on a full disk.
     *
     * @throws io.varve.daemon.io.NoSpaceException if it cannot
     */
    void reserve(StateMap states, long pageIndex, long pageCount, int state) throws IOException;

    /** Bytes of these PRESENT pages are about to change in place. */
    void overwriting(long pageIndex, long pageCount);

    /** The state of these pages changes now, to something else than it was. */
    void changed(long pageIndex, long pageCount);

    /** These pages have become ZERO: nobody asks for their bytes any more. */
    default void zeroed(long pageIndex, long pageCount) {
        // Who can come back after a crash needs them until a commit says that they are zero.
    }

    void commit(CommitListener listener);

    /**
     * As {@link #commit}, and afterwards the data file and one map slot say everything, the journal nothing.
     *
     * @throws UnsupportedOperationException if the overlay is not kept
     */
    void checkpoint(CommitListener listener);

    /** Gives the lock back before the files are closed. */
    void unlock() throws IOException;

    /** Closes the files as they are, writing nothing. @param onClosed runs at the end, on a worker */
    void abandon(Runnable onClosed);

    /** @param onClosed runs at the end, on a worker */
    void close(Runnable onClosed);
}
