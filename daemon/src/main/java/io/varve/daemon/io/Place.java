package io.varve.daemon.io;

/**
 * Where the bytes of a read came from. Files hold the ordinals: new places come behind the others.
 *
 * <p>Immutable.
 */
public enum Place {
    /** They were in the memory of this machine already: nobody waited. */
    MEMORY("memory"),
    /** A copy that boots share had them in memory when the source had not: nobody waited. */
    PACK("pack"),
    /** A disk of this machine. */
    DISK("disk"),
    /** The local copy of a disk on another machine, which had to be read from a disk of this machine. */
    CACHE("cache"),
    /** Another machine. */
    ORIGIN("origin"),
    /** The read failed, or the client left before it was answered. */
    NOWHERE("nowhere");

    private static final Place[] ALL = values();

    private final String text;

    Place(String text) {
        this.text = text;
    }

    /** @return null if there is none */
    public static Place of(int ordinal) {
        return ordinal < 0 || ordinal >= ALL.length ? null : ALL[ordinal];
    }

    /** For people and programs, one word. */
    public String text() {
        return text;
    }
}
