package io.varve.daemon.access;

/**
 * Names of clients, in which {@code *} stands for any characters.
 *
 * <p>Immutable.
 *
 * @param text at least one character
 */
public record NamePattern(String text) {

    private static final char ANY = '*';

    public NamePattern {
        if (text.isBlank()) {
            throw new IllegalArgumentException("is empty, write a name, or a pattern as in \"seat-*\"");
        }
    }

    /** Nobody has the empty name. Takes time in proportion to the product of both lengths at most. */
    boolean matches(String name) {
        if (name.isEmpty()) {
            return false;
        }
        int patternIndex = 0;
        int index = 0;
        int lastAny = -1;
        int retryIndex = 0;
        while (index < name.length()) {
            if (patternIndex < text.length() && text.charAt(patternIndex) == ANY) {
                lastAny = patternIndex++;
                retryIndex = index;
            } else if (patternIndex < text.length() && text.charAt(patternIndex) == name.charAt(index)) {
                patternIndex++;
                index++;
            } else if (lastAny >= 0) {
                // Only the last asterisk has to be tried again: the ones before it have found their place.
                patternIndex = lastAny + 1;
                index = ++retryIndex;
            } else {
                return false;
            }
        }
        while (patternIndex < text.length() && text.charAt(patternIndex) == ANY) {
            patternIndex++;
        }
        return patternIndex == text.length();
    }
}
