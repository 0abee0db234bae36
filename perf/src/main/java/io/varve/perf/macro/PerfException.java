package io.varve.perf.macro;

import java.io.IOException;

/**
 * Something that a run needs did not work: a tool is missing, a server did not start, a client failed. The message is
 * complete: it is printed as it stands.
 *
 * <p>Immutable.
 */
public final class PerfException extends IOException {
    public PerfException(String message) {
        super(message);
    }
}
