package io.varve.daemon.io;

/** Shows in one line what somebody else has written. Thread-safe because it has no state. */
public final class Printable {

    private Printable() {}

    /**
     * @param maxLength characters; what is longer is cut, and ends in three dots
     * @return ASCII; anything else, and every control character, is a question mark
     */
    public static String of(String text, int maxLength) {
        String cut = text.length() > maxLength ? text.substring(0, maxLength) + "..." : text;
        return cut.replaceAll("[^ -~]", "?");
    }
}
