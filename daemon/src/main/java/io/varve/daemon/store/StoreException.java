package io.varve.daemon.store;

import java.io.IOException;

/**
 * Something that a user can understand and mend. The message is one line: what, where, what to do, separated by
 * colons.
 */
public final class StoreException extends IOException {

    private static final long serialVersionUID = 1L;

    public StoreException(String line) {
        super(line);
    }

    public StoreException(String line, Throwable cause) {
        super(line, cause);
    }
}
