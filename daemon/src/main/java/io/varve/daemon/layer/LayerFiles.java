package io.varve.daemon.layer;

import java.nio.file.Path;

/**
 * Where the files of layers and blobs lie. {@code blobs} and {@code tmp} are beside the directory of the layers.
 *
 * <p>Immutable.
 */
public final class LayerFiles {

    static final String PAGES = "pages";
    static final String CRC = "crc";
    static final String CHUNKS = "chunks";

    private LayerFiles() {}

    public static Path manifest(Path layersDirectory, LayerId id) {
        return layersDirectory.resolve(id.hex() + ".json");
    }

    /** @param mapId of {@link LayerManifest#mapId} */
    public static Path map(Path layersDirectory, String mapId) {
        return layersDirectory.resolve(mapId + ".map");
    }

    /** The directory of one blob: files {@code pages}, {@code crc} and {@code chunks}, nothing else. */
    public static Path blob(Path layersDirectory, String blobId) {
        return blobs(layersDirectory).resolve(blobId);
    }

    /** Whether a file, as named by a {@link Damage}, holds the pages of a blob. */
    public static boolean isPages(String file) {
        return Path.of(file).endsWith(PAGES);
    }

    static Path blobs(Path layersDirectory) {
        return layersDirectory.resolveSibling("blobs");
    }

    /** Where layers are written before they get their names; one directory per layer. */
    public static Path temporary(Path layersDirectory) {
        return layersDirectory.resolveSibling("tmp");
    }
}
