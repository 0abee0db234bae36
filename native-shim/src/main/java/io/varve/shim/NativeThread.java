package io.varve.shim;

import io.varve.shim.libc.Libc;

/**
 * What Java does not let one say of a thread. {@link Thread#setPriority} has no effect on Linux.
 *
 * <p>Thread-safe because it has no state.
 */
public final class NativeThread {

    private NativeThread() {}

    /**
     * Lets other threads of the same processor go before the calling one: as soon as they want to run, and with a
     * larger share of the time. Needs no privilege, and cannot be undone without one.
     *
     * @param steps 1 to 19, about a fifth less of the processor each (sched(7), "The nice value")
     */
    public static void giveWay(int steps) {
        // -1 is a legal answer too; a thread at the lowest priority already stays there.
        Libc.threads().nice(steps);
    }
}
