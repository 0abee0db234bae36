package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Makes one layer of consecutive layers, as a map alone: its extents point into the blobs that are there, and no page
 * is read or copied. The layers that were merged stay as they are.
 *
 * <p>Memory: the maps of the layers, 16 bytes per extent, off the heap; the merged map goes to its file as it grows.
 *
 * <p>Owned by the thread that merges.
 */
public final class LayerMerge {

    /** What the merged layer hides. */
    public enum Below {
        /** There are layers below: zeros must hide what they say. */
        LAYERS,
        /** Nothing is below the lowest layer: zeros need not be said. */
        NOTHING
    }

    private final FileSpace space;
    private final Path layersDirectory;
    private final Below below;
    private final List<BlobRef> blobs = new ArrayList<>();
    /** Of the merged layer; by the index in {@link #blobs}, -1 where no extent points into the blob so far. */
    private int[] ordinals;
    private final List<BlobRef> used = new ArrayList<>();
    private long size;

    private LayerMerge(FileSpace space, Path layersDirectory, Below below) {
        this.space = space;
        this.layersDirectory = layersDirectory;
        this.below = below;
    }

    /**
     * Durable when it returns, as {@link LayerWriter#seal}. The layer has the size of the largest one, so that it says
     * what they say on a disk of any size.
     *
     * @param layersDirectory {@code layers} of the store; {@code blobs} and {@code tmp} lie beside it
     * @param baseFirst       at least one; nobody deletes them meanwhile
     * @throws LayerLimitException                    if it would have too many blobs or extents
     * @throws io.varve.daemon.io.CorruptDataException if a file of a layer is not what was sealed
     */
    public static LayerId merge(FileSpace space, Path layersDirectory, List<LayerId> baseFirst, Below below)
            throws IOException {
        LayerMerge merge = new LayerMerge(space, layersDirectory, below);
        List<ExtentList> maps = merge.open(baseFirst);
        Path directory = LayerFiles.temporary(layersDirectory).resolve("layer-" + UUID.randomUUID());
        LayerWork work = LayerWork.create(space, directory);
        try {
            MapWriter map = new MapWriter(work.map, null);
            merge.write(new LayerSweep(maps), map);
            return new LayerSeal(space, layersDirectory, work).publish(merge.size, map, merge.used);
        } finally {
            work.close();
            work.delete();
        }
    }

    private List<ExtentList> open(List<LayerId> baseFirst) throws IOException {
        List<ExtentList> maps = new ArrayList<>();
        Map<BlobRef, Integer> indexes = new HashMap<>();
        for (LayerId id : baseFirst) {
            LayerManifest manifest = LayerManifest.read(space, layersDirectory, id);
            size = Math.max(size, manifest.size());
            int[] blobIndexes = new int[manifest.blobs().size()];
            for (int i = 0; i < blobIndexes.length; i++) {
                BlobRef ref = manifest.blobs().get(i);
                Integer known = indexes.putIfAbsent(ref, blobs.size());
                if (known == null) {
                    known = blobs.size();
                    blobs.add(ref);
                }
                blobIndexes[i] = known;
            }
            maps.add(MapFile.open(space, layersDirectory, manifest, blobIndexes));
        }
        ordinals = new int[blobs.size()];
        Arrays.fill(ordinals, -1);
        return maps;
    }

    private void write(LayerSweep sweep, MapWriter map) throws IOException {
        while (sweep.next()) {
            if (sweep.kind() == Run.DATA) {
                map.data(sweep.pageIndex(), sweep.pageCount(), ordinal(sweep.blobIndex()), sweep.blobPage());
            } else if (below == Below.LAYERS) {
                map.zero(sweep.pageIndex(), sweep.pageCount());
            }
        }
    }

    /** Blobs are counted as the map first mentions them, so that equal maps make equal layers. */
    private int ordinal(int blobIndex) throws LayerLimitException {
        if (ordinals[blobIndex] < 0) {
            if (used.size() == MapEntry.MAX_BLOB_COUNT) {
                throw new LayerLimitException("the merged layer would point into more than "
                        + MapEntry.MAX_BLOB_COUNT + " blobs");
            }
            ordinals[blobIndex] = used.size();
            used.add(blobs.get(blobIndex));
        }
        return ordinals[blobIndex];
    }
}
