package io.varve.daemon.format.qcow2;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.qcow2.Qcow2Layout.Compression;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.DataFormatException;
import org.agrona.MutableDirectBuffer;

/**
 * Compressed clusters of one file, and the last of them as they were before: who reads one in pieces of 4 KiB expands
 * it once.
 *
 * <p>Thread-safe because an expanded cluster never changes, a slot is filled under its own lock, and a decoder is in
 * the hands of one thread.
 */
final class DecodedClusters implements AutoCloseable {

    private static final int KEPT_LENGTH = 1 << 22;
    private static final int MIN_SLOTS = 4;
    private static final int MAX_SLOTS = 64;
    private static final int SECTOR_BITS = 9;
    private static final long DESCRIPTOR = ClusterTables.COMPRESSED - 1;
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private final BlockFile file;
    private final long end;
    private final Compression compression;
    private final int clusterLength;
    /** Lowest bit of the count of sectors in a descriptor. */
    private final int countShift;
    private final Slot[] slots;
    private final Queue<ClusterDecoder> idle = new ConcurrentLinkedQueue<>();

    /** Thread-safe because its only field is volatile. */
    private static final class Slot {
        volatile Cluster cluster;
    }

    /** Immutable. */
    private record Cluster(long descriptor, byte[] bytes) {}

    DecodedClusters(BlockFile file, long end, Qcow2Layout layout) {
        this.file = file;
        this.end = end;
        this.compression = layout.compression();
        this.clusterLength = layout.clusterLength();
        this.countShift = 70 - layout.clusterBits();
        this.slots = new Slot[Math.max(MIN_SLOTS, Math.min(MAX_SLOTS, KEPT_LENGTH / clusterLength))];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Slot();
        }
    }

    /**
     * @param entry     of an L2 table, of a compressed cluster
     * @param inCluster first byte in the cluster; the range ends inside it
     */
    void read(long entry, int inCluster, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        destination.putBytes(index, cluster(entry & DESCRIPTOR).bytes, inCluster, length);
    }

    private Cluster cluster(long descriptor) throws IOException {
        Slot slot = slots[(int) ((descriptor * SPREAD >>> 32) % slots.length)];
        Cluster cluster = slot.cluster;
        if (cluster != null && cluster.descriptor == descriptor) {
            return cluster;
        }
        synchronized (slot) {
            cluster = slot.cluster;
            if (cluster == null || cluster.descriptor != descriptor) {
                cluster = new Cluster(descriptor, decode(descriptor));
                slot.cluster = cluster;
            }
            return cluster;
        }
    }

    /** The last sector may lie behind the end of the file, which is cut where the code ends. */
    private byte[] decode(long descriptor) throws IOException {
        long position = descriptor & (1L << countShift) - 1;
        long moreSectors = descriptor >>> countShift;
        if (position < clusterLength || position >= end) {
            throw new CorruptDataException(file.name(), position,
                    "a compressed cluster should be there, but the file has its header, or ends, there");
        }
        long sectorsEnd = (position >>> SECTOR_BITS) + moreSectors + 1 << SECTOR_BITS;
        int length = (int) (Math.min(sectorsEnd, end) - position);
        byte[] bytes = new byte[clusterLength];
        ClusterDecoder decoder = idle.poll();
        if (decoder == null) {
            decoder = newDecoder();
        }
        try {
            decoder.decode(file, position, length, bytes);
        } catch (DataFormatException e) {
            throw new CorruptDataException(file.name(), position, "a compressed cluster: " + e.getMessage());
        } finally {
            idle.add(decoder);
        }
        return bytes;
    }

    private ClusterDecoder newDecoder() throws IOException {
        if (compression == Compression.DEFLATE) {
            return new DeflateDecoder();
        }
        try {
            return new ZstdDecoder();
        } catch (LinkageError e) {
            throw new UnsupportedImageException(file.name(), "is compressed with zstd, whose library cannot be loaded ("
                    + e.getMessage() + ")", "write it anew with qemu-img convert -O qcow2");
        }
    }

    @Override
    public void close() {
        for (ClusterDecoder decoder = idle.poll(); decoder != null; decoder = idle.poll()) {
            decoder.close();
        }
    }
}
