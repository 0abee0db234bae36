package io.varve.daemon.layer;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * How much of the blobs that a layer points into the layer shows.
 *
 * <p>Immutable.
 *
 * @param livePageCount pages of the disk that are data; one page of a blob may be several of them
 * @param blobPageCount pages of all its blobs together
 * @param blobCount     blobs that it lists
 * @param sparse        whether there is a blob of which the layer shows less than half
 */
public record LayerUse(long livePageCount, long blobPageCount, int blobCount, boolean sparse) {

    /** Reads the map of the layer, no page. */
    public static LayerUse of(FileSpace space, Path layersDirectory, LayerId id) throws IOException {
        LayerManifest manifest = LayerManifest.read(space, layersDirectory, id);
        List<BlobRef> blobs = manifest.blobs();
        int[] ordinals = new int[blobs.size()];
        for (int i = 0; i < ordinals.length; i++) {
            ordinals[i] = i;
        }
        MapFile map = MapFile.open(space, layersDirectory, manifest, ordinals);
        long[] live = new long[ordinals.length];
        for (int i = 0; i < map.extentCount(); i++) {
            if (map.kind(i) == Run.DATA) {
                live[map.blobIndex(i)] += map.pageCount(i);
            }
        }
        long all = 0;
        boolean sparse = false;
        for (int i = 0; i < live.length; i++) {
            all += blobs.get(i).pageCount();
            sparse |= 2 * live[i] < blobs.get(i).pageCount();
        }
        return new LayerUse(manifest.dataPageCount(), all, live.length, sparse);
    }

    /** Whether its pages are all that its one blob holds, or it has none at all. */
    public boolean dense() {
        return blobCount == 0 || blobCount == 1 && livePageCount == blobPageCount;
    }
}
