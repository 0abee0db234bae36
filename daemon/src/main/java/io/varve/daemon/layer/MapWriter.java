package io.varve.daemon.layer;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Collects extents in the order of the disk; what continues the last extent makes it longer. So a layer of the same
 * content has the same map, however its pages came in.
 *
 * <p>Owned by the thread that writes the layer.
 */
final class MapWriter {

    private static final int ENTRY_LENGTH = TableKind.MAP.entryLength();
    private static final int NONE = Run.ABSENT;

    private final TableWriter table;
    private final UnsafeBuffer entry = Buffers.alignedDirect(ENTRY_LENGTH);
    private int kind = NONE;
    private long pageIndex;
    private int pageCount;
    private int ordinal;
    private long blobPage;
    private long dataPageCount;
    private long zeroPageCount;

    /**
     * What a run that continues must know beside the entries in the file: the extent that may still grow.
     *
     * <p>Immutable.
     */
    record State(long entryCount, int prefixCrc, OpenExtent open, long dataPageCount, long zeroPageCount) {}

    /** The extent that the next page may still extend; in the first blob if it is data. */
    record OpenExtent(int kind, long pageIndex, int pageCount, long blobPage) {}

    /** @param state where to continue, in a table that was resumed to it; null: nowhere */
    MapWriter(TableWriter table, State state) {
        this.table = table;
        if (state != null) {
            kind = state.open.kind;
            pageIndex = state.open.pageIndex;
            pageCount = state.open.pageCount;
            blobPage = state.open.blobPage;
            dataPageCount = state.dataPageCount;
            zeroPageCount = state.zeroPageCount;
        }
    }

    /** Pages of the layer's first blob. */
    void data(long firstPage, int count, long firstBlobPage) throws IOException {
        data(firstPage, count, 0, firstBlobPage);
    }

    /** @param blobOrdinal which blob of the layer, 0 to 4095 */
    void data(long firstPage, int count, int blobOrdinal, long firstBlobPage) throws IOException {
        dataPageCount += count;
        if (blobOrdinal != ordinal) {
            put();
            kind = NONE;
            ordinal = blobOrdinal;
        }
        add(Run.DATA, firstPage, count, firstBlobPage);
    }

    void zero(long firstPage, long count) throws IOException {
        zeroPageCount += count;
        for (long done = 0; done < count; done += MapEntry.MAX_PAGE_COUNT) {
            add(Run.ZERO, firstPage + done, (int) Math.min(MapEntry.MAX_PAGE_COUNT, count - done), 0);
        }
    }

    private void add(int newKind, long firstPage, int count, long firstBlobPage) throws IOException {
        boolean continues = newKind == kind && firstPage == pageIndex + pageCount
                && (newKind == Run.ZERO || firstBlobPage == blobPage + pageCount);
        int grown = continues ? Math.min(count, MapEntry.MAX_PAGE_COUNT - pageCount) : 0;
        pageCount += grown;
        if (grown < count) {
            put();
            kind = newKind;
            pageIndex = firstPage + grown;
            pageCount = count - grown;
            blobPage = newKind == Run.DATA ? firstBlobPage + grown : 0;
        }
    }

    private void put() throws IOException {
        if (kind == NONE) {
            return;
        }
        if (table.entryCount() == LayerManifest.MAX_EXTENT_COUNT) {
            throw new LayerLimitException("the layer is too fragmented: more than "
                    + LayerManifest.MAX_EXTENT_COUNT + " extents");
        }
        MapEntry.put(entry, 0, pageIndex, pageCount, kind);
        if (kind == Run.DATA) {
            MapEntry.putTarget(entry, 0, ordinal, blobPage);
        }
        table.append(entry, 0, ENTRY_LENGTH);
    }

    State state() {
        return new State(table.entryCount(), table.prefixCrc(), new OpenExtent(kind, pageIndex, pageCount, blobPage),
                dataPageCount, zeroPageCount);
    }

    /** @return the id of the map */
    String finish(long diskPageCount, int blobCount) throws IOException {
        put();
        kind = NONE;
        return table.finish(diskPageCount, blobCount);
    }

    long extentCount() {
        return table.entryCount();
    }

    long dataPageCount() {
        return dataPageCount;
    }

    long zeroPageCount() {
        return zeroPageCount;
    }
}
