package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.format.Claims;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks for clusters that an entry has for itself, by its bit "copied", and another entry has too. Entries without that
 * bit may share a cluster, as those of a snapshot do.
 *
 * <p>Owned by the thread that looks.
 */
final class ClusterClaims {

    /** Bytes of the first table that are looked through at once. */
    private static final int STEP_LENGTH = 1 << 16;

    private final BlockFile file;
    private final Qcow2Layout layout;
    private final ClusterTables tables;
    private final long end;
    private final Claims claims;
    private final UnsafeBuffer firstTable;
    private final UnsafeBuffer table;

    /** @param end bytes of the file */
    ClusterClaims(BlockFile file, Qcow2Layout layout, ClusterTables tables, long end) {
        this.file = file;
        this.layout = layout;
        this.tables = tables;
        this.end = end;
        this.claims = new Claims(end, layout.clusterBits());
        this.firstTable = Buffers.alignedDirect(STEP_LENGTH);
        this.table = Buffers.alignedDirect(layout.clusterLength());
    }

    void check() throws IOException {
        do {
            walk(true);
            walk(false);
        } while (claims.nextWindow());
    }

    /** @param copied of which entries: those with the bit claim, the others look for claims */
    private void walk(boolean copied) throws IOException {
        int perStep = STEP_LENGTH / Long.BYTES;
        for (long first = 0; first < layout.tableCount(); first += perStep) {
            int count = (int) Math.min(perStep, layout.tableCount() - first);
            long position = layout.l1Position() + first * Long.BYTES;
            read(position, firstTable, count * Long.BYTES);
            for (int i = 0; i < count; i++) {
                long entry = firstTable.getLong(i * Long.BYTES, BIG_ENDIAN);
                if ((entry & ~ClusterTables.COPIED) != 0) {
                    long entryPosition = position + i * Long.BYTES;
                    long tablePosition = tables.tablePosition(entry, entryPosition);
                    check(entry, tablePosition, entryPosition, copied);
                    walkTable(tablePosition, first + i, copied);
                }
            }
        }
    }

    private void walkTable(long tablePosition, long tableIndex, boolean copied) throws IOException {
        long clusters = (layout.size() - (tableIndex << layout.tableBits()) - 1 >>> layout.clusterBits()) + 1;
        int length = (int) Math.min(layout.clusterLength(), clusters << layout.entryBits());
        read(tablePosition, table, length);
        for (int index = 0; index < length; index += 1 << layout.entryBits()) {
            long entry = table.getLong(index, BIG_ENDIAN);
            long entryPosition = tablePosition + index;
            tables.checkReserved(entry, entryPosition);
            long cluster = entry & ClusterTables.POSITION;
            if ((entry & ClusterTables.COMPRESSED) == 0 && cluster != 0) {
                check(entry, cluster, entryPosition, copied);
            }
        }
    }

    private void read(long position, UnsafeBuffer buffer, int length) throws IOException {
        if (length > end - position) {
            throw new CorruptDataException(
                    file.name(), position, "a table should be there, but the file ends at " + end);
        }
        file.read(position, buffer, 0, length);
    }

    private void check(long entry, long cluster, long entryPosition, boolean copied) throws CorruptDataException {
        boolean own = (entry & ClusterTables.COPIED) != 0;
        if (own != copied) {
            return;
        }
        boolean free = own ? claims.claim(cluster, layout.clusterLength()) : !claims.isClaimed(cluster);
        if (!free) {
            throw new CorruptDataException(file.name(), entryPosition, "it leads to the cluster at " + cluster
                    + ", which an entry has that says that it is the only one");
        }
    }
}
