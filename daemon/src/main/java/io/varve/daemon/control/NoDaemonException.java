package io.varve.daemon.control;

import java.io.IOException;
import java.nio.file.Path;

/** Nobody listens on the control socket, or we are not allowed to connect to it. */
public final class NoDaemonException extends IOException {

    private static final long serialVersionUID = 1L;

    NoDaemonException(Path socket, IOException cause) {
        super("no daemon: nobody answers at " + socket + (cause == null ? "" : " (" + cause.getMessage() + ")")
                + ": start one with 'varve serve'", cause);
    }
}
