package io.varve.daemon.overlay;

import java.io.IOException;
import java.nio.file.Path;

/** An overlay stands on something else than the image that it was asked for. */
public final class OverlayMismatchException extends IOException {

    private static final long serialVersionUID = 1L;

    public OverlayMismatchException(Path directory, OverlayMeta recorded, OverlayMeta expected) {
        super("overlay " + directory + " was made on " + describe(recorded) + ", not on " + describe(expected)
                + ": commit it to a new image (varve commit " + name(recorded)
                + " NEWIMAGE) or drop it (varve reset " + name(recorded) + ")");
    }

    private static String name(OverlayMeta meta) {
        return meta.imageName() + ":" + meta.imageTag() + "@" + meta.client();
    }

    private static String describe(OverlayMeta meta) {
        int count = meta.layerIds().size();
        String top = count == 0 ? "" : " up to " + meta.layerIds().get(count - 1);
        return meta.size() + " bytes and " + count + " layers" + top;
    }
}
