package io.varve.daemon.io;

/** Shows in one line what somebody else has written. Thread-safe because it has no state. */
public final class Printable {

    private Printable() {}

    /**
     * @param maxLength characters; what is longer is cut, and ends in three dots
     * @return ASCII; anything else, and every control character, is a question mark
     */
    public static String of(String text, int maxLength) {
        return of(text.length() > maxLength ? text.substring(0, maxLength) + "..." : text);
    }

    /** The same without a limit, for what is short by nature. */
    public static String of(String text) {
        return text.replaceAll("[^ -~]", "?");
    }
}
