package io.varve.daemon.store;

/**
 * What came of a garbage collection.
 *
 * <p>Immutable.
 *
 * @param freedCount    files, or directories that belong together
 * @param freedLength   bytes in them; holes do not count
 * @param waitingCount  the same of what nobody needs, but not for long enough
 * @param waitingLength bytes in them
 * @param kept          one line why nothing was deleted; null if there is no such reason
 */
public record GarbageReport(int freedCount, long freedLength, int waitingCount, long waitingLength, String kept) {

    static GarbageReport nothing(String why) {
        return new GarbageReport(0, 0, 0, 0, why);
    }
}
