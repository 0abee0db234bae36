package io.varve.daemon.store;

/**
 * A name of an image or a client that breaks the rules. The message is one line that repeats no more of the name
 * than is safe to show.
 */
public final class NameException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public NameException(String message) {
        super(message);
    }
}
