package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.BlobRef;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The files that chains consist of: replacements on the way, layers, maps, blobs, frozen overlays.
 *
 * <p>A replacement that is needed also needs the layers that it leads to by itself, without what stands on them: a new
 * image may come that has just these.
 *
 * <p>Design note: what is referenced is found anew each time, from the files that refer, because a count that is
 * stored can be wrong after a crash and a search cannot. If anything that refers cannot be read, nothing may be
 * deleted.
 *
 * <p>Owned by the thread that collects garbage; it holds the locks of the catalogue and of the writers.
 */
final class NeededFiles {

    private final FileSpace space;
    private final StoreLayout layout;
    private final Replacements replacements;
    private final LooseLayers loose;
    private final Set<Path> files = new HashSet<>();

    NeededFiles(Store store) {
        this.space = store.space();
        this.layout = store.layout();
        this.replacements = store.replacements();
        this.loose = store.looseLayers();
    }

    /** @throws IOException if it cannot be told what the chain needs */
    void addChain(List<LayerId> noted) throws IOException {
        Deque<List<LayerId>> open = new ArrayDeque<>(List.of(noted));
        while (!open.isEmpty()) {
            addLayers(replacements.resolve(open.remove(), used -> {
                if (files.add(replacements.file(used))) {
                    open.add(used.to());
                }
            }));
        }
    }

    private void addLayers(Collection<LayerId> layers) throws IOException {
        for (LayerId layer : layers) {
            if (loose.contains(layer)) {
                files.add(loose.file(layer));
            } else {
                addLayer(layer);
            }
        }
    }

    /** A sealed layer, needed by a chain or by somebody who has it open. */
    void addLayer(LayerId layer) throws IOException {
        if (files.contains(LayerFiles.manifest(layout.layers(), layer))) {
            return;
        }
        LayerManifest manifest = LayerManifest.read(space, layout.layers(), layer);
        files.add(LayerFiles.map(layout.layers(), manifest.mapId()));
        for (BlobRef blob : manifest.blobs()) {
            files.add(LayerFiles.blob(layout.layers(), blob.id()));
        }
        files.add(LayerFiles.manifest(layout.layers(), layer));
    }

    boolean contains(Path file) {
        return files.contains(file);
    }
}
