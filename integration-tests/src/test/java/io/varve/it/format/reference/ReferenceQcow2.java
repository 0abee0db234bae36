package io.varve.it.format.reference;

import java.nio.ByteOrder;
import java.nio.file.Path;

/** QEMU's docs/interop/qcow2.txt; the titles of its sections are in quotation marks. */
final class ReferenceQcow2 implements ReferenceImage {

    private static final long POSITION_MASK = 0x00fffffffffffe00L;

    private final FileBytes file;
    private final long size;
    private final long clusterSize;
    private final long tablePosition;
    private final ReferenceImage parent;

    ReferenceQcow2(Path path) {
        file = new FileBytes(path, ByteOrder.BIG_ENDIAN);
        // "Header"
        file.require(file.int32(0) == 0x514649fbL, "no magic");
        long version = file.int32(4);
        file.require(version == 2 || version == 3 && file.int64(72) == 0, "incompatible features");
        file.require(file.int32(32) == 0, "encrypted");
        clusterSize = 1L << file.int32(20);
        size = file.int64(24);
        tablePosition = file.int64(40);
        parent = file.int64(8) == 0 ? null : openParent(file.int64(8), file.int32(16));
    }

    /** "Backing file name": a path from the directory of this file; tests end it with the format. */
    private ReferenceImage openParent(long position, long length) {
        String name = file.ascii(position, (int) length);
        return ReferenceImage.open(file.path().resolveSibling(name));
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte[] sectorOrNull(long offset) {
        // "Cluster mapping"
        long entriesPerTable = clusterSize / 8;
        long cluster = offset / clusterSize;
        long l2Table = file.int64(tablePosition + 8 * (cluster / entriesPerTable)) & POSITION_MASK;
        if (l2Table == 0) {
            return null;
        }
        long entry = file.int64(l2Table + 8 * (cluster % entriesPerTable));
        file.require((entry & 1L << 62) == 0, "a compressed cluster");
        if ((entry & 1) != 0) { // "Standard Cluster Descriptor", bit 0: reads as zeros
            return new byte[SECTOR_LENGTH];
        }
        long position = entry & POSITION_MASK;
        return position == 0 ? null : file.bytes(position + offset % clusterSize, SECTOR_LENGTH);
    }

    @Override
    public ReferenceImage parentOrNull() {
        return parent;
    }
}
