package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What chains of one store have in common: of a layer its map, of a blob its files and checksums are open once, however
 * many chains they are part of; and the regions of the layers that chains begin with are flattened once.
 *
 * <p>Design note: a chain that is open alone has an extent map of its own. The next one that begins with the same
 * layers gets a map on top of a common one of these layers, which stays as long as a map needs it. So what is shared
 * costs nothing where nothing is, and a region that only the common layers have is flattened for all of them.
 *
 * <p>Thread-safe because its tables are, or are touched under its lock; layers and blobs do not change.
 */
public final class OpenLayers {

    private final FileSpace space;
    private final Path layersDirectory;
    private final OpenOnce<LayerId, SealedLayer> layers = new OpenOnce<>();
    private final OpenOnce<BlobRef, Blob> blobs = new OpenOnce<>();
    private final Set<Mapped> mapped = new LinkedHashSet<>();
    /** Of the layers that chains begin with. */
    private final Map<Beginning, WeakReference<ExtentMap>> trunks = new HashMap<>();

    /** @param layersDirectory {@code layers} of the store; {@code blobs} lies beside it */
    public OpenLayers(FileSpace space, Path layersDirectory) {
        this.space = space;
        this.layersDirectory = layersDirectory;
    }

    /**
     * A layer; its map is read when it is asked for first.
     *
     * <p>Thread-safe because the map is only touched under its lock.
     */
    static final class SealedLayer implements AutoCloseable {
        private final OpenLayers shared;
        private final LayerManifest manifest;
        private MapFile map;

        private SealedLayer(OpenLayers shared, LayerManifest manifest) {
            this.shared = shared;
            this.manifest = manifest;
        }

        LayerManifest manifest() {
            return manifest;
        }

        /** @param blobIndexes which blob of the chain each blob of the layer is */
        synchronized MapFile map(int[] blobIndexes) throws IOException {
            if (map == null) {
                map = MapFile.open(shared.space, shared.layersDirectory, manifest, blobIndexes);
            }
            return map.with(blobIndexes);
        }

        /** The map is memory, which goes when nobody refers to it. */
        @Override
        public void close() {}
    }

    private record Beginning(List<LayerId> baseFirst, long size) {}

    /** The extents of an open chain. Equal to nothing but itself. Owned by the chain. */
    final class Mapped implements AutoCloseable {
        private final List<LayerId> sealed;
        private final long size;
        private final ExtentMap map;
        private final boolean complete;

        /** @param sealed layers from the base on that are sealed. @param complete whether these are all */
        private Mapped(List<LayerId> sealed, long size, ExtentMap map, boolean complete) {
            this.sealed = sealed;
            this.size = size;
            this.map = map;
            this.complete = complete;
        }

        ExtentMap map() {
            return map;
        }

        /** How many layers from the base on are the same. */
        private int common(List<LayerId> others, long otherSize) {
            int count = 0;
            int most = size == otherSize ? Math.min(sealed.size(), others.size()) : 0;
            while (count < most && sealed.get(count).equals(others.get(count))) {
                count++;
            }
            return count;
        }

        @Override
        public void close() {
            synchronized (OpenLayers.this) {
                mapped.remove(this);
            }
        }
    }

    OpenOnce<LayerId, SealedLayer>.Lease layer(LayerId id) throws IOException {
        return layers.take(id, () -> new SealedLayer(this, LayerManifest.read(space, layersDirectory, id)));
    }

    OpenOnce<BlobRef, Blob>.Lease blob(BlobRef ref) throws IOException {
        return blobs.take(ref, () -> Blob.open(space, layersDirectory, ref));
    }

    /**
     * The extents of a chain. Blobs are counted from the base on, so that layers that chains begin with have the same
     * extents in all of them.
     *
     * @param sealed  layers from the base on that are sealed; only they are shared, because others are closed
     *                with the chain that opened them
     * @param extents of all layers, base first
     * @param size    bytes of the disk
     */
    synchronized Mapped map(List<LayerId> sealed, List<? extends ExtentList> extents, long size) {
        Mapped nearest = null;
        int shared = 0;
        for (Mapped other : mapped) {
            int common = other.common(sealed, size);
            if (common > shared) {
                nearest = other;
                shared = common;
            }
        }
        ExtentMap map = shared == 0
                ? ExtentMap.flatten(Pages.count(size), extents)
                : over(trunk(nearest, shared, extents), extents.subList(shared, extents.size()));
        Mapped made = new Mapped(List.copyOf(sealed), size, map, sealed.size() == extents.size());
        mapped.add(made);
        return made;
    }

    private static ExtentMap over(ExtentMap trunk, List<? extends ExtentList> rest) {
        return rest.isEmpty() ? trunk : trunk.with(rest);
    }

    /** The map of the first layers: that of a chain which has no others, or one that is kept for this. */
    private ExtentMap trunk(Mapped nearest, int count, List<? extends ExtentList> extents) {
        trunks.values().removeIf(trunk -> trunk.get() == null);
        Beginning beginning = new Beginning(nearest.sealed.subList(0, count), nearest.size);
        WeakReference<ExtentMap> known = trunks.get(beginning);
        ExtentMap trunk = known == null ? null : known.get();
        if (trunk == null) {
            trunk = nearest.complete && nearest.sealed.size() == count
                    ? nearest.map
                    : ExtentMap.flatten(Pages.count(nearest.size), extents.subList(0, count));
            trunks.put(beginning, new WeakReference<>(trunk));
        }
        return trunk;
    }
}
