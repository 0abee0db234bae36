package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Where the regions are (section 2.2.3): one of two tables of 64 KiB, which are alike.
 *
 * <p>Immutable.
 */
final class RegionTable {

    static final long FIRST_POSITION = 192 << 10;
    static final long SECOND_POSITION = 256 << 10;
    static final int LENGTH = 64 << 10;
    /** "regi". */
    static final int SIGNATURE = 0x69676572;
    static final int ENTRY_COUNT_INDEX = 8;
    static final int MAX_ENTRY_COUNT = 2047;
    static final int ENTRIES_INDEX = 16;
    static final int ENTRY_LENGTH = 32;
    static final int ENTRY_POSITION_INDEX = 16;
    static final int ENTRY_LENGTH_INDEX = 24;
    static final int ENTRY_FLAGS_INDEX = 28;
    static final int REQUIRED = 1;

    private final Region blockTable;
    private final Region metadata;

    /**
     * A place in the file. Immutable.
     *
     * @param position multiple of 1 MiB, at least 1 MiB
     * @param length   multiple of 1 MiB, above 0; {@code position + length} does not overflow
     */
    record Region(long position, long length) {

        boolean meets(long otherPosition, long otherLength) {
            return position < otherPosition + otherLength && otherPosition < position + length;
        }
    }

    private RegionTable(Region blockTable, Region metadata) {
        this.blockTable = blockTable;
        this.metadata = metadata;
    }

    /**
     * @throws CorruptDataException      if both tables are damaged, or the valid one makes no sense
     * @throws UnsupportedImageException if a region that must be known is not
     */
    static RegionTable read(BlockFile file) throws IOException {
        long position = FIRST_POSITION;
        UnsafeBuffer bytes = Structures.read(file, position, LENGTH, "region table");
        if (!Structures.isSealed(bytes, SIGNATURE)) {
            position = SECOND_POSITION;
            bytes = Structures.read(file, position, LENGTH, "second region table");
            if (!Structures.isSealed(bytes, SIGNATURE)) {
                throw new CorruptDataException(
                        file.name(), FIRST_POSITION, "signature or checksum of both region tables is wrong");
            }
        }
        return parse(file.name(), position, bytes);
    }

    private static RegionTable parse(String name, long tablePosition, UnsafeBuffer bytes) throws IOException {
        long count = bytes.getInt(ENTRY_COUNT_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        if (count > MAX_ENTRY_COUNT) {
            throw new CorruptDataException(name, tablePosition + ENTRY_COUNT_INDEX,
                    count + " regions, at most " + MAX_ENTRY_COUNT + " are possible");
        }
        Region blockTable = null;
        Region metadata = null;
        for (int i = 0; i < count; i++) {
            int index = ENTRIES_INDEX + i * ENTRY_LENGTH;
            UUID guid = Guids.get(bytes, index);
            if (guid.equals(Guids.BAT_REGION)) {
                blockTable = region(name, tablePosition, bytes, index, blockTable);
            } else if (guid.equals(Guids.METADATA_REGION)) {
                metadata = region(name, tablePosition, bytes, index, metadata);
            } else if ((bytes.getInt(index + ENTRY_FLAGS_INDEX, ByteOrder.LITTLE_ENDIAN) & REQUIRED) != 0) {
                throw new UnsupportedImageException(name, "has a region " + guid + " that must be understood",
                        "open it with the program that made it, and save a copy without");
            }
        }
        if (blockTable == null || metadata == null) {
            throw new CorruptDataException(name, tablePosition, "the region table names no "
                    + (blockTable == null ? "block table" : "metadata"));
        }
        if (blockTable.meets(metadata.position, metadata.length)) {
            throw new CorruptDataException(name, tablePosition, "block table and metadata overlap");
        }
        return new RegionTable(blockTable, metadata);
    }

    private static Region region(String name, long tablePosition, UnsafeBuffer bytes, int index, Region before)
            throws CorruptDataException {
        if (before != null) {
            throw new CorruptDataException(name, tablePosition + index, "the region is named twice");
        }
        long position = bytes.getLong(index + ENTRY_POSITION_INDEX, ByteOrder.LITTLE_ENDIAN);
        long length = bytes.getInt(index + ENTRY_LENGTH_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        if (!Structures.isPlace(position, length)) {
            throw new CorruptDataException(name, tablePosition + index + ENTRY_POSITION_INDEX,
                    "a region of " + length + " bytes cannot be at " + position);
        }
        return new Region(position, length);
    }

    /** Of the block allocation table. */
    Region blockTable() {
        return blockTable;
    }

    Region metadata() {
        return metadata;
    }
}
