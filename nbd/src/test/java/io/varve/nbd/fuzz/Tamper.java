package io.varve.nbd.fuzz;

import io.varve.nbd.session.SlotPool;

/** A fault that is planted between the server and the oracle, to see whether the oracle finds it. */
interface Tamper {

    Tamper NONE = new Tamper() { };

    /**
     * A whole message of transmission, about to be judged: the first {@code length} bytes may be changed.
     *
     * @return whether it arrives at all
     */
    default boolean message(Bytes received, int length) {
        return true;
    }

    /** What the negotiator said in one step may be changed. */
    default byte[] options(byte[] output) {
        return output;
    }

    /** The server sends so much. @return how much of it arrives */
    default int sending(int length) {
        return length;
    }

    /** The connection is over. */
    default void ending(SlotPool pool, Bytes received) {}
}
