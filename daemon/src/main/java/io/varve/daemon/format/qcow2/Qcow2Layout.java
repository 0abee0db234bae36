package io.varve.daemon.format.qcow2;

/**
 * What a checked header says about the tables. Immutable.
 *
 * @param version     2 or 3
 * @param clusterBits 9 to 21: a cluster has 1 &lt;&lt; clusterBits bytes
 * @param size        bytes of the disk, at least 1
 * @param l1Position  of the first table, a multiple of a cluster, behind the header
 * @param extended    whether clusters have 32 subclusters
 */
record Qcow2Layout(
        int version, int clusterBits, long size, long l1Position, boolean extended, Compression compression) {

    /** Of all compressed clusters of a file. Immutable. */
    enum Compression {
        DEFLATE,
        ZSTD
    }

    int clusterLength() {
        return 1 << clusterBits;
    }

    /** Binary logarithm of the bytes of an L2 entry. */
    int entryBits() {
        return extended ? 4 : 3;
    }

    /** Binary logarithm of the bytes of the disk that one L2 table speaks of: 15 to 39. */
    int tableBits() {
        return clusterBits + clusterBits - entryBits();
    }

    /** Whether bytes of the file belong to the first table. */
    boolean overlapsFirstTable(long position, long length) {
        return position < l1Position + (tableCount() << 3) && l1Position < position + length;
    }

    /** L1 entries that the disk needs. */
    long tableCount() {
        return (size - 1 >>> tableBits()) + 1;
    }
}
