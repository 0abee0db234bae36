package io.varve.daemon.io;

/**
 * Bytes of a file that are not what was written.
 *
 * <p>Immutable.
 *
 * @param file     path as given to who looked
 * @param position first bad byte, or the place that gave it away
 * @param length   bytes; 1 where only a place is known, 0 if it is about the whole file, such as that it is missing
 * @param what     one line
 */
public record Damage(String file, long position, long length, String what) {

    /** What {@link DamageList} says of a file that is not there. */
    public static final String MISSING = "it is missing";

    public boolean isMissing() {
        return length == 0 && what.equals(MISSING);
    }

    @Override
    public String toString() {
        return file + ": " + range() + what;
    }

    private String range() {
        if (length == 0) {
            return "";
        }
        return length == 1
                ? "byte " + position + ": "
                : "bytes " + position + " to " + (position + length - 1) + ": ";
    }
}
