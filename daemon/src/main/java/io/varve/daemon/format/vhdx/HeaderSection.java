package io.varve.daemon.format.vhdx;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Encodes what a new file begins with: identifier, headers, region tables, metadata.
 *
 * <p>Thread-safe because it has no state.
 */
final class HeaderSection {

    /** Bytes of the log, which is empty, and of the metadata region. */
    static final int LOG_LENGTH = Structures.UNIT;
    static final int METADATA_LENGTH = Structures.UNIT;
    static final long LOG_POSITION = Structures.UNIT;
    static final long METADATA_POSITION = LOG_POSITION + LOG_LENGTH;
    static final long TABLE_POSITION = METADATA_POSITION + METADATA_LENGTH;

    private static final int CREATOR_INDEX = 8;
    private static final int VIRTUAL_DISK = 2;
    private static final int PHYSICAL_SECTOR_SIZE = 4096;

    private HeaderSection() {}

    static void writeIdentifier(BlockFile file) throws IOException {
        byte[] creator = "Varve".getBytes(StandardCharsets.UTF_16LE);
        UnsafeBuffer bytes = Buffers.alignedDirect(CREATOR_INDEX + creator.length);
        bytes.putLong(0, VhdxImage.SIGNATURE, LITTLE_ENDIAN);
        bytes.putBytes(CREATOR_INDEX, creator);
        file.write(0, bytes, 0, bytes.capacity());
    }

    static void writeHeaders(BlockFile file, UUID fileWriteGuid, UUID dataWriteGuid) throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(Header.LENGTH);
        Guids.put(bytes, Header.FILE_WRITE_GUID_INDEX, fileWriteGuid);
        Guids.put(bytes, Header.DATA_WRITE_GUID_INDEX, dataWriteGuid);
        bytes.putShort(Header.VERSION_INDEX, (short) Header.VERSION, LITTLE_ENDIAN);
        bytes.putInt(Header.LOG_LENGTH_INDEX, LOG_LENGTH, LITTLE_ENDIAN);
        bytes.putLong(Header.LOG_POSITION_INDEX, LOG_POSITION, LITTLE_ENDIAN);
        long sequence = 1;
        for (long position : new long[] {Header.FIRST_POSITION, Header.SECOND_POSITION}) {
            bytes.putLong(Header.SEQUENCE_NUMBER_INDEX, sequence++, LITTLE_ENDIAN);
            Structures.seal(bytes, Header.SIGNATURE);
            file.write(position, bytes, 0, bytes.capacity());
        }
    }

    static void writeRegions(BlockFile file, long tableLength) throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(RegionTable.LENGTH);
        bytes.putInt(RegionTable.ENTRY_COUNT_INDEX, 2, LITTLE_ENDIAN);
        region(bytes, 0, Guids.BAT_REGION, TABLE_POSITION, tableLength);
        region(bytes, 1, Guids.METADATA_REGION, METADATA_POSITION, METADATA_LENGTH);
        Structures.seal(bytes, RegionTable.SIGNATURE);
        file.write(RegionTable.FIRST_POSITION, bytes, 0, bytes.capacity());
        file.write(RegionTable.SECOND_POSITION, bytes, 0, bytes.capacity());
    }

    private static void region(UnsafeBuffer bytes, int number, UUID guid, long position, long length) {
        int index = RegionTable.ENTRIES_INDEX + number * RegionTable.ENTRY_LENGTH;
        Guids.put(bytes, index, guid);
        bytes.putLong(index + RegionTable.ENTRY_POSITION_INDEX, position, LITTLE_ENDIAN);
        bytes.putInt(index + RegionTable.ENTRY_LENGTH_INDEX, (int) length, LITTLE_ENDIAN);
        bytes.putInt(index + RegionTable.ENTRY_FLAGS_INDEX, RegionTable.REQUIRED, LITTLE_ENDIAN);
    }

    /** @param parentOrNull null makes a disk without a parent */
    static void writeMetadata(BlockFile file, VhdxShape shape, UUID diskId, VhdxParent parentOrNull)
            throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(2 * Metadata.TABLE_LENGTH);
        bytes.putLong(0, Metadata.SIGNATURE, LITTLE_ENDIAN);
        int at = Metadata.TABLE_LENGTH;
        at = item(bytes, at, Guids.FILE_PARAMETERS, 0, Metadata.FILE_PARAMETERS_LENGTH);
        bytes.putInt(at - Long.BYTES, shape.blockSize(), LITTLE_ENDIAN);
        bytes.putInt(at - Integer.BYTES, parentOrNull == null ? 0 : Metadata.HAS_PARENT, LITTLE_ENDIAN);
        at = item(bytes, at, Guids.VIRTUAL_DISK_SIZE, VIRTUAL_DISK, Long.BYTES);
        bytes.putLong(at - Long.BYTES, shape.size(), LITTLE_ENDIAN);
        at = item(bytes, at, Guids.PAGE_83_DATA, VIRTUAL_DISK, Guids.LENGTH);
        Guids.put(bytes, at - Guids.LENGTH, diskId);
        at = item(bytes, at, Guids.LOGICAL_SECTOR_SIZE, VIRTUAL_DISK, Integer.BYTES);
        bytes.putInt(at - Integer.BYTES, shape.sectorSize(), LITTLE_ENDIAN);
        at = item(bytes, at, Guids.PHYSICAL_SECTOR_SIZE, VIRTUAL_DISK, Integer.BYTES);
        bytes.putInt(at - Integer.BYTES, PHYSICAL_SECTOR_SIZE, LITTLE_ENDIAN);
        if (parentOrNull != null) {
            int length = putLocator(bytes, at, parentOrNull.entries());
            item(bytes, at, Guids.PARENT_LOCATOR, 0, length);
        }
        file.write(METADATA_POSITION, bytes, 0, bytes.capacity());
    }

    /** Adds an item to the table; answers where the next one goes. */
    private static int item(UnsafeBuffer bytes, int offset, UUID id, int flags, int length) {
        int count = bytes.getShort(Metadata.ENTRY_COUNT_INDEX, LITTLE_ENDIAN);
        bytes.putShort(Metadata.ENTRY_COUNT_INDEX, (short) (count + 1), LITTLE_ENDIAN);
        int index = Metadata.ENTRIES_INDEX + count * Metadata.ENTRY_LENGTH;
        Guids.put(bytes, index, id);
        bytes.putInt(index + Metadata.ENTRY_OFFSET_INDEX, offset, LITTLE_ENDIAN);
        bytes.putInt(index + Metadata.ENTRY_LENGTH_INDEX, length, LITTLE_ENDIAN);
        bytes.putInt(index + Metadata.ENTRY_FLAGS_INDEX, flags | Metadata.REQUIRED, LITTLE_ENDIAN);
        return offset + length;
    }

    /** Answers its length: three texts of at most 16 KiB together fit. */
    private static int putLocator(UnsafeBuffer bytes, int start, Map<String, String> entries) {
        Guids.put(bytes, start, Guids.VHDX_PARENT);
        bytes.putShort(start + ParentLocator.COUNT_INDEX, (short) entries.size(), LITTLE_ENDIAN);
        int index = start + ParentLocator.ENTRIES_INDEX;
        int text = ParentLocator.ENTRIES_INDEX + entries.size() * ParentLocator.ENTRY_LENGTH;
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_16LE);
            byte[] value = entry.getValue().getBytes(StandardCharsets.UTF_16LE);
            bytes.putInt(index, text, LITTLE_ENDIAN);
            bytes.putInt(index + ParentLocator.VALUE_OFFSET_INDEX, text + key.length, LITTLE_ENDIAN);
            bytes.putShort(index + ParentLocator.KEY_LENGTH_INDEX, (short) key.length, LITTLE_ENDIAN);
            bytes.putShort(index + ParentLocator.VALUE_LENGTH_INDEX, (short) value.length, LITTLE_ENDIAN);
            bytes.putBytes(start + text, key);
            bytes.putBytes(start + text + key.length, value);
            text += key.length + value.length;
            index += ParentLocator.ENTRY_LENGTH;
        }
        return text;
    }
}
