package io.varve.daemon.io;

/**
 * Keeps what clients cause from filling the log: one line in a while, which says how many were left out before it.
 *
 * <p>Owned by the agent that logs.
 */
public final class RareLine {

    /** Answer of {@link #leftOut}: this line is left out too. */
    public static final long NOT_NOW = -1;

    private final long periodNs;
    private boolean started;
    private long lastNs;
    private long leftOutCount;

    /** @param periodNs in which there is one line at most */
    public RareLine(long periodNs) {
        this.periodNs = periodNs;
    }

    /** @return lines that were left out since the last one; {@link #NOT_NOW}: do not log */
    public long leftOut(long nowNs) {
        if (started && nowNs - lastNs < periodNs) {
            leftOutCount++;
            return NOT_NOW;
        }
        long count = leftOutCount;
        started = true;
        lastNs = nowNs;
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
