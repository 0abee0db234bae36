package io.varve.daemon.layer;

import java.io.IOException;

/** A layer would have more of something than one layer can have; the message says of what. */
public final class LayerLimitException extends IOException {

    private static final long serialVersionUID = 1L;

    LayerLimitException(String message) {
        super(message);
    }
}
