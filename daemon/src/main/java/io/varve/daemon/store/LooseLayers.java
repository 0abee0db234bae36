package io.varve.daemon.store;

import io.varve.daemon.io.FileSpace;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * Layers that are not sealed: overlays that a snapshot has frozen, and image files that are served in place. Sealing
 * puts a sealed layer of the same content in their place.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class LooseLayers implements FrozenLayer.Finder {

    private final FileSpace space;
    private final StoreLayout layout;
    private final FrozenLayers frozen;
    private final LinkedLayers linked;

    LooseLayers(FileSpace space, StoreLayout layout, FrozenLayers frozen, LinkedLayers linked) {
        this.space = space;
        this.layout = layout;
        this.frozen = frozen;
        this.linked = linked;
    }

    boolean contains(LayerId id) {
        return frozen.contains(id) || linked.contains(id);
    }

    @Override
    public FrozenLayer find(LayerId id) throws IOException {
        FrozenLayer found = frozen.find(id);
        return found != null ? found : linked.find(id);
    }

    /** The directory of a frozen layer, the file of a linked one. */
    Path file(LayerId id) {
        return frozen.contains(id) ? layout.frozen(id) : layout.linked(id);
    }

    /** Bytes of the disk. */
    long size(LayerId id) throws IOException {
        return frozen.contains(id)
                ? OverlayReader.meta(space, layout.frozen(id)).size()
                : linked.size(id);
    }

    /**
     * Bytes per second at which one is to be sealed.
     *
     * @param usual if nobody said something else of this one
     */
    long copyRate(LayerId id, long usual) throws IOException {
        if (frozen.contains(id)) {
            return usual;
        }
        return linked.remote(id).map(RemoteImage::fillRate).filter(rate -> rate > 0).orElse(usual);
    }

    /** Index of the lowest one; -1 if there is none. */
    int firstIn(List<LayerId> chain) {
        return first(chain, this::contains);
    }

    /** Index of the lowest one that the daemon seals without being told to by a command; -1 if there is none. */
    int firstToSealIn(List<LayerId> chain) {
        return first(chain, id -> frozen.contains(id) || linked.isToBeImported(id));
    }

    private static int first(List<LayerId> chain, Predicate<LayerId> wanted) {
        for (int i = 0; i < chain.size(); i++) {
            if (wanted.test(chain.get(i))) {
                return i;
            }
        }
        return -1;
    }
}
