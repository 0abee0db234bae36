package io.varve.daemon.layer;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much of the blobs that a layer points into the layer shows.
 *
 * <p>Immutable.
 *
 * @param livePageCount pages of the disk that are data; one page of a blob may be several of them
 * @param blobPageCount pages of all its blobs together
 * @param blobCount     blobs that it points into
 * @param sparseBlobIds those of which the layer shows less than half
 */
public record LayerUse(long livePageCount, long blobPageCount, int blobCount, Set<String> sparseBlobIds) {

    public LayerUse {
        sparseBlobIds = Set.copyOf(sparseBlobIds);
    }

    /** Reads the map of the layer, no page. */
    public static LayerUse of(FileSpace space, Path layersDirectory, LayerId id) throws IOException {
        LayerManifest manifest = LayerManifest.read(space, layersDirectory, id);
        List<BlobRef> blobs = manifest.blobs().stream().distinct().toList();
        int[] indexes = manifest.blobs().stream().mapToInt(blobs::indexOf).toArray();
        MapFile map = MapFile.open(space, layersDirectory, manifest, indexes);
        long[] live = new long[blobs.size()];
        for (int i = 0; i < map.extentCount(); i++) {
            if (map.kind(i) == Run.DATA) {
                live[map.blobIndex(i)] += map.pageCount(i);
            }
        }
        long all = 0;
        Set<String> sparse = new HashSet<>();
        for (int i = 0; i < live.length; i++) {
            all += blobs.get(i).pageCount();
            if (2 * live[i] < blobs.get(i).pageCount()) {
                sparse.add(blobs.get(i).id());
            }
        }
        return new LayerUse(manifest.dataPageCount(), all, live.length, sparse);
    }

    /** Whether there is a blob of which the layer shows less than half. */
    public boolean sparse() {
        return !sparseBlobIds.isEmpty();
    }

    /** Whether its pages are all that its one blob holds, or it has none at all. */
    public boolean dense() {
        return blobCount == 0 || blobCount == 1 && livePageCount == blobPageCount;
    }
}
