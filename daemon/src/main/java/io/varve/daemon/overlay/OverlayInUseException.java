package io.varve.daemon.overlay;

import java.io.IOException;
import java.nio.file.Path;

/** Somebody else, in this process or another, has the overlay open. */
public final class OverlayInUseException extends IOException {

    private static final long serialVersionUID = 1L;

    public OverlayInUseException(Path directory) {
        super("overlay " + directory + " is in use: disconnect its client first, or use another client name");
    }
}
