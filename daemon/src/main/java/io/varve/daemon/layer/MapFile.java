package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The map of an open layer, off the heap, checked as a whole when it was opened: whoever looks up later finds
 * nothing that cannot be.
 *
 * <p>Immutable.
 */
final class MapFile implements ExtentList {

    private static final int ENTRY_LENGTH = TableKind.MAP.entryLength();

    private final UnsafeBuffer entries;
    private final int extentCount;
    private final int[] blobIndexes;

    private MapFile(UnsafeBuffer entries, int extentCount, int[] blobIndexes) {
        this.entries = entries;
        this.extentCount = extentCount;
        this.blobIndexes = blobIndexes;
    }

    /**
     * Reads and checks all extents: about 16 bytes and a few nanoseconds each.
     *
     * @param blobIndexes which blob of the chain each blob of the layer is
     */
    static MapFile open(FileSpace space, Path layersDirectory, LayerManifest manifest, int[] blobIndexes)
            throws IOException {
        Path path = LayerFiles.map(layersDirectory, manifest.mapId());
        try (TableFile table = TableFile.open(space, path, TableKind.MAP, manifest.mapId(),
                LayerManifest.MAX_EXTENT_COUNT)) {
            TableHeader header = table.header();
            if (header.entryCount() != manifest.extentCount() || header.pageCount() != manifest.pageCount()
                    || header.blobCount() != manifest.blobs().size()) {
                throw new CorruptDataException(table.name(), 0, "its counts are not those of the layer's manifest");
            }
            UnsafeBuffer entries = Buffers.alignedDirect((int) header.entryCount() * ENTRY_LENGTH);
            for (int segment = 0; segment < header.segmentCount(); segment++) {
                table.readSegment(segment, entries, segment * TableHeader.SEGMENT_LENGTH);
            }
            MapFile map = new MapFile(entries, (int) header.entryCount(), blobIndexes);
            map.check(table.name(), manifest);
            return map;
        }
    }

    private void check(String fileName, LayerManifest manifest) throws CorruptDataException {
        long end = 0;
        long dataPageCount = 0;
        for (int i = 0; i < extentCount; i++) {
            int index = i * ENTRY_LENGTH;
            long pageIndex = MapEntry.pageIndex(entries, index);
            int pageCount = MapEntry.pageCount(entries, index);
            if (!MapEntry.isWellFormed(entries, index)
                    || pageIndex < end || pageIndex + pageCount > manifest.pageCount()) {
                throw corrupt(fileName, i);
            }
            end = pageIndex + pageCount;
            if (MapEntry.kind(entries, index) == Run.DATA) {
                int ordinal = MapEntry.ordinal(entries, index);
                if (ordinal >= blobIndexes.length || MapEntry.blobPage(entries, index) + pageCount
                        > manifest.blobs().get(ordinal).pageCount()) {
                    throw corrupt(fileName, i);
                }
                dataPageCount += pageCount;
            }
        }
        if (dataPageCount != manifest.dataPageCount()) {
            throw new CorruptDataException(fileName, 0, "it maps " + dataPageCount
                    + " pages of data, its manifest says " + manifest.dataPageCount());
        }
    }

    /** The same extents, whose blobs are counted in another way. */
    MapFile with(int[] otherBlobIndexes) {
        return new MapFile(entries, extentCount, otherBlobIndexes);
    }

    private static CorruptDataException corrupt(String fileName, int extent) {
        return new CorruptDataException(fileName, TableHeader.LENGTH + (long) extent * ENTRY_LENGTH,
                "extent " + extent + " cannot be: out of order, out of range or malformed");
    }

    @Override
    public int extentCount() {
        return extentCount;
    }

    @Override
    public long pageIndex(int extent) {
        return MapEntry.pageIndex(entries, at(extent));
    }

    @Override
    public long pageCount(int extent) {
        return MapEntry.pageCount(entries, at(extent));
    }

    @Override
    public int kind(int extent) {
        return MapEntry.kind(entries, at(extent));
    }

    @Override
    public int blobIndex(int extent) {
        return blobIndexes[MapEntry.ordinal(entries, at(extent))];
    }

    @Override
    public long blobPage(int extent) {
        return MapEntry.blobPage(entries, at(extent));
    }

    private int at(int extent) {
        if (extent < 0 || extent >= extentCount) {
            throw new IndexOutOfBoundsException("extent " + extent + " of " + extentCount);
        }
        return extent * ENTRY_LENGTH;
    }
}
