package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.format.Piece;
import io.varve.daemon.format.TableCache;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Answers what a byte of the disk is, from the two tables.
 *
 * <p>Thread-safe because it keeps nothing but what was read at the start, and a {@link TableCache}.
 */
final class ClusterTables {

    static final long COMPRESSED = 1L << 62;
    static final long COPIED = 1L << 63;
    static final long POSITION = 0x00fffffffffffe00L;
    private static final long L1_RESERVED = ~(COPIED | POSITION);
    private static final long ZERO = 1;
    private static final long RESERVED = ~(COPIED | COMPRESSED | POSITION | ZERO);
    private static final int SUBCLUSTERS = 32;
    private static final int SUBCLUSTER_BITS = 5;
    private static final int L1_ENTRY_BITS = 3;

    private final String fileName;
    private final Qcow2Layout layout;
    private final TableCache cache;
    private final long end;
    private final int clusterBits;
    private final int entryBits;

    /** @param end bytes of the file */
    ClusterTables(String fileName, Qcow2Layout layout, TableCache cache, long end) {
        this.fileName = fileName;
        this.layout = layout;
        this.cache = cache;
        this.end = end;
        this.clusterBits = layout.clusterBits();
        this.entryBits = layout.entryBits();
    }

    /** As {@link io.varve.daemon.format.ForeignImage#locate}. */
    boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        long l1Position = layout.l1Position() + (offset >>> layout.tableBits() << L1_ENTRY_BITS);
        DirectBuffer l1 = cache.block(l1Position, 1 << L1_ENTRY_BITS, mayWait);
        if (l1 == null) {
            return false;
        }
        long l1Entry = l1.getLong(TableCache.indexOf(l1Position), BIG_ENDIAN);
        if ((l1Entry & ~COPIED) == 0) {
            piece.setAbsent(absentTables(l1, l1Position, offset, maxLength));
            return true;
        }
        long position = entryPosition(l1Entry, l1Position, offset);
        DirectBuffer l2 = cache.block(position, 1 << entryBits, mayWait);
        if (l2 == null) {
            return false;
        }
        int index = TableCache.indexOf(position);
        long entry = l2.getLong(index, BIG_ENDIAN);
        checkReserved(entry, position);
        // Entries from this one on that are in its block and its table.
        long tableRest = layout.clusterLength() - (position & layout.clusterLength() - 1);
        int count = (int) Math.min(l2.capacity() - index, tableRest) >> entryBits;
        if ((entry & COMPRESSED) != 0) {
            piece.setEncoded(clusters(compressedRun(l2, index, count), offset, maxLength));
        } else if (layout.extended()) {
            checkSubclusters(l2, index, position);
            locateSubclusters(l2, index, count, offset, piece);
            cut(piece, position, maxLength);
        } else if ((entry & ZERO) != 0) {
            piece.setZero(clusters(zeroRun(l2, index, count), offset, maxLength));
        } else if ((entry & POSITION) == 0) {
            piece.setAbsent(clusters(standardRun(l2, index, count, 0), offset, maxLength));
        } else {
            long data = entry & POSITION;
            piece.setData(clusters(standardRun(l2, index, count, layout.clusterLength()), offset, maxLength),
                    data + inCluster(offset));
            cut(piece, position, maxLength);
        }
        return true;
    }

    /**
     * The L2 entry of a cluster, waiting for the tables.
     *
     * @throws CorruptDataException if the cluster is not compressed: somebody has written to the file
     */
    long compressedEntry(long offset) throws IOException {
        long l1Position = layout.l1Position() + (offset >>> layout.tableBits() << L1_ENTRY_BITS);
        long l1Entry = cache.block(l1Position, 1 << L1_ENTRY_BITS, true)
                .getLong(TableCache.indexOf(l1Position), BIG_ENDIAN);
        long position = entryPosition(l1Entry, l1Position, offset);
        long entry = cache.block(position, 1 << entryBits, true).getLong(TableCache.indexOf(position), BIG_ENDIAN);
        if ((entry & COMPRESSED) == 0) {
            throw new CorruptDataException(fileName, position, "this entry has changed while it was used");
        }
        return entry;
    }

    private long entryPosition(long l1Entry, long l1Position, long offset) throws IOException {
        long index = (offset & (1L << layout.tableBits()) - 1) >>> clusterBits;
        return tablePosition(l1Entry, l1Position) + (index << entryBits);
    }

    /** Where a second table is, if it can be there. */
    long tablePosition(long l1Entry, long l1Position) throws IOException {
        long table = l1Entry & POSITION;
        if ((l1Entry & L1_RESERVED) != 0 || (table & layout.clusterLength() - 1) != 0 || table == 0) {
            throw new CorruptDataException(fileName, l1Position,
                    "an entry of the first table, " + Long.toHexString(l1Entry) + ", is no position of a cluster");
        }
        if (table > end) {
            throw new CorruptDataException(
                    fileName, l1Position, "a table at " + table + ", but the file ends at " + end);
        }
        if (layout.overlapsFirstTable(table, layout.clusterLength())) {
            throw new CorruptDataException(fileName, l1Position, "a table at " + table + ", in the first table");
        }
        return table;
    }

    void checkReserved(long entry, long position) throws IOException {
        if ((entry & COMPRESSED) != 0) {
            return; // All bits have a meaning, which is checked when they are used.
        }
        boolean zeroAllowed = layout.version() > 2 && !layout.extended();
        if ((entry & RESERVED) != 0 || (entry & ZERO) != 0 && !zeroAllowed) {
            throw new CorruptDataException(
                    fileName, position, "the entry " + Long.toHexString(entry) + " has reserved bits set");
        }
        boolean data = (entry & ZERO) == 0;
        if (data && (entry & POSITION & layout.clusterLength() - 1) != 0) {
            throw new CorruptDataException(
                    fileName, position, "a cluster at " + (entry & POSITION) + ", where none begins");
        }
    }

    private long inCluster(long offset) {
        return offset & layout.clusterLength() - 1;
    }

    /** Bytes from an offset to the end of so many clusters. */
    private long clusters(long count, long offset, long maxLength) {
        return Math.min((count << clusterBits) - inCluster(offset), maxLength);
    }

    private long absentTables(DirectBuffer l1, long l1Position, long offset, long maxLength) {
        int index = TableCache.indexOf(l1Position);
        long coverage = 1L << layout.tableBits();
        long length = coverage - (offset & coverage - 1);
        int next = index + (1 << L1_ENTRY_BITS);
        while (length < maxLength && next <= l1.capacity() - (1 << L1_ENTRY_BITS)
                && (l1.getLong(next, BIG_ENDIAN) & ~COPIED) == 0) {
            length += coverage;
            next += 1 << L1_ENTRY_BITS;
        }
        return Math.min(length, maxLength);
    }

    private int compressedRun(DirectBuffer l2, int index, int count) {
        int run = 1;
        while (run < count && (l2.getLong(index + (run << entryBits), BIG_ENDIAN) & COMPRESSED) != 0) {
            run++;
        }
        return run;
    }

    private int zeroRun(DirectBuffer l2, int index, int count) {
        int run = 1;
        while (run < count
                && (l2.getLong(index + (run << entryBits), BIG_ENDIAN) & (COMPRESSED | RESERVED | ZERO)) == ZERO) {
            run++;
        }
        return run;
    }

    /** @param step between the positions of neighbours; 0 for absent clusters */
    private int standardRun(DirectBuffer l2, int index, int count, int step) {
        long expected = l2.getLong(index, BIG_ENDIAN) & ~COPIED;
        int run = 1;
        while (run < count
                && (l2.getLong(index + (run << entryBits), BIG_ENDIAN) & ~COPIED) == (expected += step)) {
            run++;
        }
        return run;
    }

    /** Sets the piece, not yet cut to what was asked for. */
    private void locateSubclusters(DirectBuffer l2, int index, int count, long offset, Piece piece) {
        int subclusterBits = clusterBits - SUBCLUSTER_BITS;
        int first = (int) (inCluster(offset) >>> subclusterBits);
        int kind = kindOf(l2, index, first);
        int run = run(l2, index, first, kind);
        long subclusters = run;
        long expected = l2.getLong(index, BIG_ENDIAN) & POSITION;
        // An entry that is damaged ends the run, and is found when it is asked for.
        for (int i = 1; i < count && first + subclusters == (long) i * SUBCLUSTERS; i++) {
            int next = index + (i << entryBits);
            long entry = l2.getLong(next, BIG_ENDIAN) & ~COPIED;
            expected += layout.clusterLength();
            boolean fits = kind == Piece.DATA ? entry == expected : (entry & (COMPRESSED | RESERVED | ZERO)) == 0;
            if (!fits || contradictory(l2, next) || (run = run(l2, next, 0, kind)) == 0) {
                break;
            }
            subclusters += run;
        }
        long length = (subclusters << subclusterBits) - (offset & (1L << subclusterBits) - 1);
        switch (kind) {
            case Piece.DATA -> piece.setData(length, (l2.getLong(index, BIG_ENDIAN) & POSITION) + inCluster(offset));
            case Piece.ZERO -> piece.setZero(length);
            default -> piece.setAbsent(length);
        }
    }

    private void checkSubclusters(DirectBuffer l2, int index, long position) throws IOException {
        if (contradictory(l2, index)) {
            throw new CorruptDataException(fileName, position + 8, "subclusters " + Integer.toHexString(
                    hereBits(l2, index)) + " are here, " + Integer.toHexString(zeroBits(l2, index)) + " are zero");
        }
    }

    private static int kindOf(DirectBuffer l2, int index, int subcluster) {
        if ((hereBits(l2, index) >>> subcluster & 1) != 0) {
            return Piece.DATA;
        }
        return (zeroBits(l2, index) >>> subcluster & 1) != 0 ? Piece.ZERO : Piece.ABSENT;
    }

    /** Zero and here at once, or here while the cluster has no position. */
    private static boolean contradictory(DirectBuffer l2, int index) {
        int here = hereBits(l2, index);
        return (zeroBits(l2, index) & here) != 0
                || here != 0 && (l2.getLong(index, BIG_ENDIAN) & POSITION) == 0;
    }

    /** Subclusters of one kind from one on, in one entry. */
    private static int run(DirectBuffer l2, int index, int subcluster, int kind) {
        int zero = zeroBits(l2, index);
        int here = hereBits(l2, index);
        int bits = switch (kind) {
            case Piece.DATA -> here;
            case Piece.ZERO -> zero;
            default -> ~(here | zero);
        };
        return Integer.numberOfTrailingZeros(~(bits >>> subcluster));
    }

    private static int zeroBits(DirectBuffer l2, int index) {
        return l2.getInt(index + 8, BIG_ENDIAN);
    }

    private static int hereBits(DirectBuffer l2, int index) {
        return l2.getInt(index + 12, BIG_ENDIAN);
    }

    /** To what was asked for, and of data to what the file holds in whole sectors. */
    private void cut(Piece piece, long entryPosition, long maxLength) throws IOException {
        long length = Math.min(piece.length(), maxLength);
        switch (piece.kind()) {
            case Piece.DATA -> {
                long held = end - piece.position();
                if (held < length) {
                    length = held & -512L;
                    if (length <= 0) {
                        throw new CorruptDataException(fileName, entryPosition,
                                "data at " + piece.position() + ", but the file ends at " + end);
                    }
                }
                if (layout.overlapsFirstTable(piece.position(), length)) {
                    throw new CorruptDataException(
                            fileName, entryPosition, "data at " + piece.position() + ", in the first table");
                }
                piece.setData(length, piece.position());
            }
            case Piece.ZERO -> piece.setZero(length);
            default -> piece.setAbsent(length);
        }
    }
}
