package io.varve.daemon.io.sim;

import java.util.Random;

/**
 * Answers the questions that physics leaves open.
 *
 * <p>Owned by one test.
 */
@FunctionalInterface
public interface Chooser {

    /** Every question gets the first answer: nothing that was not synced is kept. */
    Chooser LOSE_ALL = bound -> 0;

    /** Every question gets the last answer: everything is kept, as when a process dies and the machine does not. */
    Chooser KEEP_ALL = bound -> bound - 1;

    /** A number from 0 to {@code bound - 1}. */
    int choose(int bound);

    static Chooser random(Random random) {
        return random::nextInt;
    }
}
