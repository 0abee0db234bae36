package io.varve.daemon.io;

/**
 * Keeps what clients cause from filling the log: one line in a while, or a few, and the next one says how many
 * were left out before it.
 *
 * <p>Owned by the agent that logs.
 */
public final class RareLine {

    /** Answer of {@link #leftOut}: this line is left out too. */
    public static final long NOT_NOW = -1;

    private final long periodNs;
    private final int lineCount;
    private int linesInPeriod;
    private long beginNs;
    private long leftOutCount;

    /** @param periodNs in which there is one line at most */
    public RareLine(long periodNs) {
        this(periodNs, 1);
    }

    /** @param lineCount lines at most in {@code periodNs}, where each may tell about somebody else; 1 or more */
    public RareLine(long periodNs, int lineCount) {
        this.periodNs = periodNs;
        this.lineCount = lineCount;
    }

    /** @return lines that were left out since the last one; {@link #NOT_NOW}: do not log */
    public long leftOut(long nowNs) {
        if (linesInPeriod == 0 || nowNs - beginNs >= periodNs) {
            beginNs = nowNs;
            linesInPeriod = 0;
        } else if (linesInPeriod == lineCount) {
            leftOutCount++;
            return NOT_NOW;
        }
        linesInPeriod++;
        long count = leftOutCount;
        leftOutCount = 0;
        return count;
    }

    /** @return the same as what to add to the line, often empty; null: do not log */
    public String suffix(long nowNs) {
        long count = leftOut(nowNs);
        if (count == NOT_NOW) {
            return null;
        }
        return count == 0 ? "" : " (and " + count + " more since the last such line)";
    }
}
