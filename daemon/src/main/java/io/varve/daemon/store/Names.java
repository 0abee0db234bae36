package io.varve.daemon.store;

/**
 * The rules of names, in one place, and their form as one component of a path.
 *
 * <p>Design note: a name becomes exactly one directory or file name, with everything but letters, digits, dot, dash
 * and underscore percent-encoded, because then no name can reach outside its directory, two names never share a
 * file, and {@code a} and {@code a/b} can both exist. A first character that is a letter or a digit keeps
 * {@code .}, {@code ..} and hidden files out.
 *
 * <p>Immutable.
 */
final class Names {

    /** Characters; even with every slash encoded the result fits the 255 bytes of a file name. */
    static final int MAX_IMAGE_LENGTH = 120;
    static final int MAX_TAG_LENGTH = 64;
    static final int MAX_CLIENT_LENGTH = 64;

    private static final int MAX_SHOWN_LENGTH = 60;

    private Names() {}

    /** Slash-separated parts, each starting with a letter or a digit. */
    static String checkImage(String name) {
        return check("image name", name, MAX_IMAGE_LENGTH, "/");
    }

    static String checkTag(String tag) {
        return check("tag", tag, MAX_TAG_LENGTH, "");
    }

    /** Colons are allowed, so that a MAC address names a client. */
    static String checkClient(String client) {
        return check("client name", client, MAX_CLIENT_LENGTH, ":");
    }

    private static String check(String what, String name, int maxLength, String alsoAllowed) {
        if (name.isEmpty()) {
            throw new NameException("a " + what + " must not be empty");
        }
        if (name.length() > maxLength) {
            throw new NameException("'" + shown(name) + "': a " + what + " has at most " + maxLength + " characters");
        }
        boolean atStart = true;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean ok = isLetterOrDigit(c) || !atStart && (("._-" + alsoAllowed).indexOf(c) >= 0);
            if (!ok) {
                throw new NameException("'" + shown(name) + "': a " + what + " is made of letters, digits and '._-"
                        + alsoAllowed + "'" + (alsoAllowed.equals("/") ? ", each part" : ",")
                        + " starting with a letter or a digit");
            }
            atStart = c == '/';
        }
        if (atStart) {
            throw new NameException("'" + shown(name) + "': a " + what + " must not end with '/'");
        }
        return name;
    }

    /** A checked name as one path component; {@link #decode} turns it back. */
    static String encode(String name) {
        return name.replace("/", "%2F").replace(":", "%3A");
    }

    /** The name behind a path component; the result has not been checked. */
    static String decode(String component) {
        return component.replace("%2F", "/").replace("%3A", ":");
    }

    /** Safe for one line of a terminal or a log: short, and without control characters. */
    static String shown(String name) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < name.length() && i < MAX_SHOWN_LENGTH; i++) {
            char c = name.charAt(i);
            line.append(c >= ' ' && c < 0x7f ? c : '?');
        }
        return name.length() > MAX_SHOWN_LENGTH ? line.append("...").toString() : line.toString();
    }

    private static boolean isLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
