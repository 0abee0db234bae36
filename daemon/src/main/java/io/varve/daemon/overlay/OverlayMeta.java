package io.varve.daemon.overlay;

import io.varve.daemon.io.Pages;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * What an overlay is the top of, fixed when it is created. Immutable.
 *
 * @param id        names the overlay in each of its files
 * @param imageName name of the image at creation, without tag; at most {@value #MAX_TEXT_LENGTH} bytes of UTF-8
 * @param imageTag  its tag
 * @param layerIds  the chain that the overlay is pinned to, base first; at most {@value #MAX_LAYER_COUNT}
 * @param size      bytes of the virtual disk, 1 to {@link #MAX_SIZE}
 * @param client    who owns the overlay; empty for one without a name
 * @param createdMs milliseconds since the epoch
 */
public record OverlayMeta(
        UUID id, String imageName, String imageTag, List<String> layerIds, long size, String client, long createdMs) {

    public static final int MAX_TEXT_LENGTH = 1024;
    public static final int MAX_LAYER_COUNT = 4096;
    /** 256 TiB: page indexes of 36 bits, as in the maps of layers. */
    public static final long MAX_SIZE = 1L << 48;

    public OverlayMeta {
        layerIds = List.copyOf(layerIds);
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("the size of an overlay is 1 to " + MAX_SIZE + " bytes, not " + size);
        }
        if (layerIds.size() > MAX_LAYER_COUNT) {
            throw new IllegalArgumentException("a chain of " + layerIds.size() + " layers, at most "
                    + MAX_LAYER_COUNT + " can stand under an overlay");
        }
        requireShort(imageName);
        requireShort(imageTag);
        requireShort(client);
        layerIds.forEach(OverlayMeta::requireShort);
    }

    private static void requireShort(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > MAX_TEXT_LENGTH) {
            throw new IllegalArgumentException("a name of more than " + MAX_TEXT_LENGTH + " bytes: " + text);
        }
    }

    /** Pages of the virtual disk; the last one may be cut short by {@link #size()}. */
    public long pageCount() {
        return Pages.count(size);
    }
}
