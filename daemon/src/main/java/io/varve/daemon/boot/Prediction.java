package io.varve.daemon.boot;

/**
 * What reading ahead made of the pages of one read, of most of them. Files hold the ordinals: new ones come behind the
 * others.
 *
 * <p>Immutable.
 */
public enum Prediction {
    /** They were read before, or nothing was read ahead. */
    NONE("none"),
    /** They had been loaded before they were asked for. */
    USED("hit"),
    /** They were to be loaded, and were asked for before. */
    LATE("late"),
    /** Nobody expected them. */
    MISSED("miss");

    private static final Prediction[] ALL = values();

    private final String text;

    Prediction(String text) {
        this.text = text;
    }

    /** @return null if there is none */
    static Prediction of(int ordinal) {
        return ordinal < 0 || ordinal >= ALL.length ? null : ALL[ordinal];
    }

    /** For people and programs, one word. */
    public String text() {
        return text;
    }
}
