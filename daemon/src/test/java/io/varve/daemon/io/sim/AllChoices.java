package io.varve.daemon.io.sim;

import java.util.Random;
import org.agrona.collections.IntArrayList;

/**
 * Goes through all combinations of answers, one combination per round:
 *
 * <pre>{@code
 * AllChoices choices = new AllChoices(1000, seed);
 * while (choices.next()) {
 *     SimFileSpace image = disk.crash(choices);
 *     ...
 * }
 * }</pre>
 *
 * If there turn out to be more than the limit, the rest is sampled by chance: the first half of the rounds is in
 * order, the others are random.
 *
 * <p>Owned by one test.
 */
public final class AllChoices implements Chooser {

    private final int limit;
    private final Random random;
    private final IntArrayList answers = new IntArrayList();
    private final IntArrayList bounds = new IntArrayList();
    private int asked;
    private int rounds;
    private boolean byChance;

    public AllChoices(int limit, long seed) {
        this.limit = limit;
        this.random = new Random(seed);
    }

    /** Begins the next round; false if there is none. */
    public boolean next() {
        rounds++;
        if (rounds == 1) {
            return true;
        }
        if (rounds > limit) {
            return false;
        }
        asked = 0;
        byChance |= rounds > limit / 2;
        return byChance || advance();
    }

    /** The last question that has another answer gets it, and all after it begin again. */
    private boolean advance() {
        for (int last = answers.size() - 1; last >= 0; last--) {
            if (answers.getInt(last) + 1 < bounds.getInt(last)) {
                answers.setInt(last, answers.getInt(last) + 1);
                return true;
            }
            answers.removeAt(last);
            bounds.removeAt(last);
        }
        return false;
    }

    @Override
    public int choose(int bound) {
        if (byChance) {
            return random.nextInt(bound);
        }
        if (asked == answers.size()) {
            answers.addInt(0);
            bounds.addInt(bound);
        }
        return answers.getInt(asked++);
    }
}
