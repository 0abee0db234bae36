package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.BlobRef;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Layers and blobs that nothing points at: no image, no overlay, no other layer.
 *
 * <p>Design note: what is referenced is found anew each time, from the files that refer, because a count that is
 * stored can be wrong after a crash and a search cannot. If anything that refers cannot be read, nothing is deleted.
 *
 * <p>Owned by the thread that deletes; it holds the locks of the catalogue and of the writers.
 */
final class LayerGarbage {

    private final FileSpace space;
    private final Path layers;
    private final Path blobs;
    private final Set<Path> referenced = new HashSet<>();

    /** @throws IOException if a layer of {@code used} cannot be read; nothing may be deleted then */
    LayerGarbage(FileSpace space, StoreLayout layout, Set<LayerId> used) throws IOException {
        this.space = space;
        this.layers = layout.layers();
        this.blobs = layout.blobs();
        for (LayerId id : used) {
            LayerManifest manifest = LayerManifest.read(space, layers, id);
            referenced.add(LayerFiles.manifest(layers, id));
            referenced.add(LayerFiles.map(layers, manifest.mapId()));
            for (BlobRef blob : manifest.blobs()) {
                referenced.add(LayerFiles.blob(layers, blob.id()));
            }
        }
    }

    /**
     * Deletes it. Manifests go first: a layer whose manifest is there is whole, also after a power cut.
     *
     * @return bytes of the files that are gone
     */
    long delete() throws IOException {
        long length = 0;
        for (String suffix : new String[] {".json", ".map"}) {
            for (Path file : space.list(layers)) {
                if (file.getFileName().toString().endsWith(suffix) && !referenced.contains(file)) {
                    length += space.size(file);
                    space.delete(file);
                }
            }
            space.syncDirectory(layers);
        }
        for (Path blob : space.list(blobs)) {
            if (!referenced.contains(blob)) {
                length += Trees.length(space, blob);
                Trees.delete(space, blob);
            }
        }
        space.syncDirectory(blobs);
        return length;
    }
}
