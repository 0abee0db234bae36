package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.PageContent;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes an image of version 3 with clusters of 64 KiB and no parent, from the first byte of the disk to the last:
 * data, after each 512 MiB of the disk their L2 table, then L1 table and reference counts, and the header last of all.
 * A file that was not finished has no header, and nobody takes it for an image. Clusters of zeros take no place.
 *
 * <p>Memory is bounded but for 8 bytes per 512 MiB of the disk.
 *
 * <p>Owned by the job that writes.
 */
public final class Qcow2Writer implements ImageWriter {

    static final int CLUSTER_BITS = 16;
    private static final int CLUSTER_LENGTH = 1 << CLUSTER_BITS;
    private static final int TABLE_ENTRIES = CLUSTER_LENGTH / Long.BYTES;
    /** 32 MiB of L1 table, more is not opened by QEMU. */
    private static final long MAX_SIZE = (1L << 22) * TABLE_ENTRIES * CLUSTER_LENGTH;
    private static final long COPIED = 1L << 63;
    private static final int SECTOR_BITS = 9;
    private static final int SECTOR_COUNT_SHIFT = 62 - (CLUSTER_BITS - 8);
    private static final int HEADER_LENGTH = 112;
    private static final int REFCOUNT_ORDER = 4;
    /** The fastest that compresses: exports are for sending, and there it is the network that waits. */
    private static final int ZSTD_LEVEL = 1;
    private static final int MAX_RUN_CLUSTERS = 1 << 14;

    private final BlockFile file;
    private final long size;
    private final ZstdCompressCtx compressor;
    private final RefcountBlocks places;
    private final long[] l1;
    private final UnsafeBuffer table = Buffers.alignedDirect(CLUSTER_LENGTH);
    private final UnsafeBuffer cluster = Buffers.alignedDirect(CLUSTER_LENGTH);
    private final UnsafeBuffer packed = Buffers.alignedDirect(CLUSTER_LENGTH);
    private final byte[] plain = new byte[CLUSTER_LENGTH];
    private final byte[] code = new byte[CLUSTER_LENGTH];
    /** Of the table and of the cluster in the buffers; -1 for none. */
    private long tableIndex = -1;
    private long clusterIndex = -1;
    private long nextOffset;

    /** How clusters are kept. Immutable. */
    public enum Packing {
        PLAIN,
        /** Smaller; QEMU before 5.1 cannot read it. */
        ZSTD
    }

    /**
     * @param file empty; closed by the caller
     * @param size bytes of the disk, at least 1; the image's disk is rounded up to a multiple of 512
     */
    public Qcow2Writer(BlockFile file, long size, Packing packing) throws IOException {
        if (size < 1 || size > MAX_SIZE) {
            throw new IllegalArgumentException("a disk of " + size + " bytes");
        }
        this.file = file;
        this.size = size + 511 & -512L;
        this.l1 = new long[(int) ((this.size - 1 >>> CLUSTER_BITS) / TABLE_ENTRIES) + 1];
        this.compressor = packing == Packing.ZSTD ? new ZstdCompressCtx().setLevel(ZSTD_LEVEL) : null;
        this.places = new RefcountBlocks(file);
        places.allocate(1); // For the header.
    }

    /**
     * What is skipped is zero.
     *
     * @param offset byte in the disk, not before the end of what was written last
     */
    @Override
    public void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        if (offset < nextOffset || length > size - offset) {
            throw new IllegalArgumentException(
                    length + " bytes at " + offset + " of " + size + ", after " + nextOffset);
        }
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int inCluster = (int) at & CLUSTER_LENGTH - 1;
            int whole = inCluster == 0 ? length - done >>> CLUSTER_BITS : 0;
            if (whole > 0) {
                flushCluster();
                int count = Math.min(whole, MAX_RUN_CLUSTERS);
                putClusters(at >>> CLUSTER_BITS, source, index + done, count);
                done += count << CLUSTER_BITS;
            } else {
                openCluster(at >>> CLUSTER_BITS);
                int part = Math.min(length - done, CLUSTER_LENGTH - inCluster);
                cluster.putBytes(inCluster, source, index + done, part);
                done += part;
            }
        }
        nextOffset = offset + length;
    }

    /** Makes an image of what was written, and makes it durable. Nothing is written after it. */
    @Override
    public void finish() throws IOException {
        flushCluster();
        flushTable();
        long l1Clusters = (long) l1.length * Long.BYTES + CLUSTER_LENGTH - 1 >>> CLUSTER_BITS;
        long l1Position = places.allocate(l1Clusters);
        UnsafeBuffer part = Buffers.alignedDirect(CLUSTER_LENGTH);
        for (int i = 0; i < l1Clusters; i++) {
            for (int j = 0; j < TABLE_ENTRIES; j++) {
                int entry = i * TABLE_ENTRIES + j;
                part.putLong(j * Long.BYTES, entry < l1.length ? l1[entry] : 0, BIG_ENDIAN);
            }
            file.write(l1Position + ((long) i << CLUSTER_BITS), part, 0, CLUSTER_LENGTH);
        }
        long[] refcounts = places.finish();
        file.sync();
        writeHeader(l1Position, refcounts);
        file.sync();
    }

    private void writeHeader(long l1Position, long[] refcounts) throws IOException {
        UnsafeBuffer header = Buffers.alignedDirect(CLUSTER_LENGTH);
        header.putInt(0, Qcow2Header.MAGIC, BIG_ENDIAN);
        header.putInt(Qcow2Header.VERSION_OFFSET, 3, BIG_ENDIAN);
        header.putInt(Qcow2Header.CLUSTER_BITS_OFFSET, CLUSTER_BITS, BIG_ENDIAN);
        header.putLong(Qcow2Header.SIZE_OFFSET, size, BIG_ENDIAN);
        header.putInt(Qcow2Header.L1_COUNT_OFFSET, l1.length, BIG_ENDIAN);
        header.putLong(Qcow2Header.L1_POSITION_OFFSET, l1Position, BIG_ENDIAN);
        header.putLong(Qcow2Header.REFCOUNT_POSITION_OFFSET, refcounts[0], BIG_ENDIAN);
        header.putInt(Qcow2Header.REFCOUNT_CLUSTERS_OFFSET, (int) refcounts[1], BIG_ENDIAN);
        header.putInt(Qcow2Header.REFCOUNT_ORDER_OFFSET, REFCOUNT_ORDER, BIG_ENDIAN);
        header.putInt(Qcow2Header.LENGTH_OFFSET, HEADER_LENGTH, BIG_ENDIAN);
        if (compressor != null) {
            header.putLong(Qcow2Header.INCOMPATIBLE_OFFSET, Qcow2Header.COMPRESSION, BIG_ENDIAN);
            header.putByte(Qcow2Header.COMPRESSION_OFFSET, (byte) 1);
        }
        // The rest is zero: no extension, no name.
        file.write(0, header, 0, CLUSTER_LENGTH);
    }

    private void openCluster(long index) throws IOException {
        if (clusterIndex != index) {
            flushCluster();
            cluster.setMemory(0, CLUSTER_LENGTH, (byte) 0);
            clusterIndex = index;
        }
    }

    private void flushCluster() throws IOException {
        if (clusterIndex >= 0) {
            long index = clusterIndex;
            clusterIndex = -1;
            putClusters(index, cluster, 0, 1);
        }
    }

    /** Whole clusters: runs of those that are not zero go to the file in one piece. */
    private void putClusters(long first, DirectBuffer source, int index, int count) throws IOException {
        int done = 0;
        while (done < count) {
            if (PageContent.isZero(source, index + (done << CLUSTER_BITS), CLUSTER_LENGTH)) {
                done++;
                continue;
            }
            openTable(first + done);
            int run = 1;
            if (compressor != null) {
                putPacked(first + done, source, index + (done << CLUSTER_BITS));
            } else {
                while (done + run < count && (first + done + run) % TABLE_ENTRIES != 0
                        && !PageContent.isZero(source, index + (done + run << CLUSTER_BITS), CLUSTER_LENGTH)) {
                    run++;
                }
                putPlain(first + done, source, index + (done << CLUSTER_BITS), run);
            }
            done += run;
        }
    }

    private void putPlain(long first, DirectBuffer source, int index, int count) throws IOException {
        long position = places.allocate(count);
        file.write(position, source, index, count << CLUSTER_BITS);
        for (int i = 0; i < count; i++) {
            putEntry(first + i, position + ((long) i << CLUSTER_BITS) | COPIED);
        }
    }

    private void putPacked(long clusterNumber, DirectBuffer source, int index) throws IOException {
        source.getBytes(index, plain);
        int length;
        try {
            length = compressor.compressByteArray(code, 0, code.length - 1, plain, 0, plain.length);
        } catch (ZstdException e) {
            // It does not fit: it would not be smaller than it is.
            putPlain(clusterNumber, source, index, 1);
            return;
        }
        long position = places.append(length);
        packed.putBytes(0, code, 0, length);
        file.write(position, packed, 0, length);
        long moreSectors = (position + length - 1 >>> SECTOR_BITS) - (position >>> SECTOR_BITS);
        putEntry(clusterNumber, ClusterTables.COMPRESSED | moreSectors << SECTOR_COUNT_SHIFT | position);
    }

    private void putEntry(long clusterNumber, long entry) {
        table.putLong((int) (clusterNumber % TABLE_ENTRIES) * Long.BYTES, entry, BIG_ENDIAN);
    }

    private void openTable(long clusterNumber) throws IOException {
        long index = clusterNumber / TABLE_ENTRIES;
        if (index != tableIndex) {
            flushTable();
            tableIndex = index;
        }
    }

    private void flushTable() throws IOException {
        if (tableIndex >= 0) {
            long position = places.allocate(1);
            file.write(position, table, 0, CLUSTER_LENGTH);
            l1[(int) tableIndex] = position | COPIED;
            table.setMemory(0, CLUSTER_LENGTH, (byte) 0);
            tableIndex = -1;
        }
    }

    /** Gives back what is not on the heap; the file stays open. */
    @Override
    public void close() {
        if (compressor != null) {
            compressor.close();
        }
    }
}
