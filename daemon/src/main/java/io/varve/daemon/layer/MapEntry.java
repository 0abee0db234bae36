package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.extent.Run;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One extent in a map: two little-endian words.
 *
 * <pre>
 *   word 0   bits  0..35  first page in the disk        word 1   bits  0..35  first page in the blob
 *                 36..55  page count - 1                               36..47  which blob of the layer
 *                 56..57  kind: 1 zero, 2 data                         48..63  reserved, zero
 *                 58..63  reserved, zero                        all of it zero for kind zero
 * </pre>
 *
 * <p>Immutable.
 */
final class MapEntry {

    /** Pages of one extent; longer ones are split. */
    static final int MAX_PAGE_COUNT = 1 << 20;
    /** 256 TiB of pages in a disk or a blob. */
    static final long MAX_PAGE_INDEX = (1L << 36) - 1;
    static final int MAX_BLOB_COUNT = 1 << 12;

    private static final int LENGTH_SHIFT = 36;
    private static final int KIND_SHIFT = 56;
    private static final int ORDINAL_SHIFT = 36;
    private static final long RESERVED_0 = ~0L << 58;
    private static final long RESERVED_1 = ~0L << 48;

    private MapEntry() {}

    static void put(MutableDirectBuffer buffer, int index, long pageIndex, int pageCount, int kind) {
        buffer.putLong(index, pageIndex | (long) (pageCount - 1) << LENGTH_SHIFT | (long) kind << KIND_SHIFT,
                LITTLE_ENDIAN);
        buffer.putLong(index + Long.BYTES, 0, LITTLE_ENDIAN);
    }

    static void putTarget(MutableDirectBuffer buffer, int index, int ordinal, long blobPage) {
        buffer.putLong(index + Long.BYTES, blobPage | (long) ordinal << ORDINAL_SHIFT, LITTLE_ENDIAN);
    }

    static long pageIndex(DirectBuffer buffer, int index) {
        return buffer.getLong(index, LITTLE_ENDIAN) & MAX_PAGE_INDEX;
    }

    static int pageCount(DirectBuffer buffer, int index) {
        return ((int) (buffer.getLong(index, LITTLE_ENDIAN) >>> LENGTH_SHIFT) & MAX_PAGE_COUNT - 1) + 1;
    }

    static int kind(DirectBuffer buffer, int index) {
        return (int) (buffer.getLong(index, LITTLE_ENDIAN) >>> KIND_SHIFT) & 3;
    }

    static int ordinal(DirectBuffer buffer, int index) {
        return (int) (buffer.getLong(index + Long.BYTES, LITTLE_ENDIAN) >>> ORDINAL_SHIFT) & MAX_BLOB_COUNT - 1;
    }

    static long blobPage(DirectBuffer buffer, int index) {
        return buffer.getLong(index + Long.BYTES, LITTLE_ENDIAN) & MAX_PAGE_INDEX;
    }

    /** Whether the kind is known, and all is zero that must be. */
    static boolean isWellFormed(DirectBuffer buffer, int index) {
        long word0 = buffer.getLong(index, LITTLE_ENDIAN);
        long word1 = buffer.getLong(index + Long.BYTES, LITTLE_ENDIAN);
        int kind = kind(buffer, index);
        return (word0 & RESERVED_0) == 0
                && (kind == Run.DATA && (word1 & RESERVED_1) == 0 || kind == Run.ZERO && word1 == 0);
    }
}
