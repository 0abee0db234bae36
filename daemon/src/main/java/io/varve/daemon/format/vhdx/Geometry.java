package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.ParentLink;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the metadata says about the disk.
 *
 * <p>Immutable.
 *
 * @param size        bytes, a multiple of the sector, 1 sector to 64 TiB
 * @param blockShift  logarithm of the block size, 20 to 28
 * @param sectorShift logarithm of the logical sector size, 9 or 12
 * @param hasParent   whether blocks that are not present are the parent's
 */
record Geometry(long size, int blockShift, int sectorShift, boolean hasParent, Optional<ParentLink> parent) {

    /** Bytes, 64 TiB (section 2.6.2.2). */
    static final long MAX_SIZE = 64L << 40;
    static final int MIN_BLOCK_SHIFT = 20;
    static final int MAX_BLOCK_SHIFT = 28;
    /** Of the sectors that one sector bitmap of 1 MiB speaks for. */
    static final int CHUNK_SECTOR_SHIFT = 23;

    static Geometry read(BlockFile file, Metadata metadata) throws IOException {
        UnsafeBuffer parameters =
                metadata.item(Guids.FILE_PARAMETERS, "file parameters", Metadata.FILE_PARAMETERS_LENGTH);
        long blockSize = parameters.getInt(Metadata.BLOCK_SIZE_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        int blockShift = Long.numberOfTrailingZeros(blockSize);
        if (Long.bitCount(blockSize) != 1 || blockShift < MIN_BLOCK_SHIFT || blockShift > MAX_BLOCK_SHIFT) {
            throw new CorruptDataException(file.name(), metadata.position(Guids.FILE_PARAMETERS, "file parameters"),
                    "blocks of " + blockSize + " bytes, which is no power of two from 1 to 256 MiB");
        }
        int sectorShift = sectorShift(file, metadata);
        long size = metadata.item(Guids.VIRTUAL_DISK_SIZE, "disk size", Long.BYTES)
                .getLong(0, ByteOrder.LITTLE_ENDIAN);
        if (size <= 0 || size > MAX_SIZE || size % (1L << sectorShift) != 0) {
            throw new CorruptDataException(file.name(), metadata.position(Guids.VIRTUAL_DISK_SIZE, "disk size"),
                    "a disk of " + Long.toUnsignedString(size) + " bytes, which is no count of sectors up to 64 TiB");
        }
        metadata.item(Guids.PAGE_83_DATA, "page 83 data", Guids.LENGTH);
        boolean hasParent = (parameters.getInt(Metadata.PARAMETER_FLAGS_INDEX, ByteOrder.LITTLE_ENDIAN)
                & Metadata.HAS_PARENT) != 0;
        Optional<ParentLink> parent = Optional.empty();
        if (hasParent) {
            parent = Optional.of(ParentLocator.parse(file.name(),
                    metadata.position(Guids.PARENT_LOCATOR, "parent locator"),
                    metadata.item(Guids.PARENT_LOCATOR, "parent locator")));
        }
        return new Geometry(size, blockShift, sectorShift, hasParent, parent);
    }

    /** Of the logical sector; the physical one is only checked. */
    private static int sectorShift(BlockFile file, Metadata metadata) throws IOException {
        int shift = 0;
        for (UUID item : List.of(Guids.PHYSICAL_SECTOR_SIZE, Guids.LOGICAL_SECTOR_SIZE)) {
            int size = metadata.item(item, "sector size", Integer.BYTES).getInt(0, ByteOrder.LITTLE_ENDIAN);
            if (size != 512 && size != 4096) {
                throw new CorruptDataException(file.name(), metadata.position(item, "sector size"),
                        "sectors of " + size + " bytes, which is neither 512 nor 4096");
            }
            shift = Integer.numberOfTrailingZeros(size);
        }
        return shift;
    }

    long blockSize() {
        return 1L << blockShift;
    }

    /** Logarithm of the number of blocks that share a sector bitmap: 4 to 15. */
    int chunkShift() {
        return CHUNK_SECTOR_SHIFT + sectorShift - blockShift;
    }

    long blockCount() {
        return size + blockSize() - 1 >>> blockShift;
    }

    /** Of the block table, with the entries of sector bitmaps. */
    long entryCount() {
        long blocks = blockCount();
        long chunks = blocks - 1 >>> chunkShift();
        return hasParent ? bitmapEntryIndex(chunks) + 1 : blocks + chunks;
    }

    long entryIndex(long block) {
        return block + (block >>> chunkShift());
    }

    /** Whether an entry is that of a sector bitmap: each comes behind those of the blocks of its chunk. */
    boolean isBitmapEntry(long index) {
        long perChunk = 1L << chunkShift();
        return index % (perChunk + 1) == perChunk;
    }

    /** The opposite of {@link #entryIndex}. */
    long blockOfEntry(long index) {
        return index - index / ((1L << chunkShift()) + 1);
    }

    /** Of the sector bitmap for the blocks of a chunk. */
    long bitmapEntryIndex(long chunk) {
        return (chunk + 1 << chunkShift()) + chunk;
    }
}
