package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.vhdx.RegionTable.Region;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The metadata region (section 2.6): a table of 64 KiB, and items behind it.
 *
 * <p>Owned by the thread that opens the file.
 */
final class Metadata {

    static final int TABLE_LENGTH = 64 << 10;
    /** "metadata". */
    static final long SIGNATURE = 0x617461646174656dL;
    static final int ENTRY_COUNT_INDEX = 10;
    static final int MAX_ENTRY_COUNT = 2047;
    static final int ENTRIES_INDEX = 32;
    static final int ENTRY_LENGTH = 32;
    static final int ENTRY_OFFSET_INDEX = 16;
    static final int ENTRY_LENGTH_INDEX = 20;
    static final int ENTRY_FLAGS_INDEX = 24;
    static final int REQUIRED = 4;
    static final int MAX_ITEM_LENGTH = 1 << 20;

    static final int FILE_PARAMETERS_LENGTH = 8;
    static final int BLOCK_SIZE_INDEX = 0;
    static final int PARAMETER_FLAGS_INDEX = 4;
    static final int HAS_PARENT = 2;

    private static final Set<UUID> KNOWN = Set.of(Guids.FILE_PARAMETERS, Guids.VIRTUAL_DISK_SIZE, Guids.PAGE_83_DATA,
            Guids.LOGICAL_SECTOR_SIZE, Guids.PHYSICAL_SECTOR_SIZE, Guids.PARENT_LOCATOR);

    private final BlockFile file;
    private final Region region;
    private final Map<UUID, Place> places = new HashMap<>();

    /** Of an item. Immutable. */
    private record Place(long position, int length) {}

    /**
     * Reads the table.
     *
     * @throws UnsupportedImageException if an item that must be known is not
     */
    Metadata(BlockFile file, Region region) throws IOException {
        this.file = file;
        this.region = region;
        UnsafeBuffer table = Structures.read(file, region.position(), TABLE_LENGTH, "metadata table");
        if (table.getLong(0, ByteOrder.LITTLE_ENDIAN) != SIGNATURE) {
            throw new CorruptDataException(file.name(), region.position(), "the signature of the metadata is wrong");
        }
        int count = table.getShort(ENTRY_COUNT_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffff;
        if (count > MAX_ENTRY_COUNT) {
            throw new CorruptDataException(file.name(), region.position() + ENTRY_COUNT_INDEX,
                    count + " metadata items, at most " + MAX_ENTRY_COUNT + " are possible");
        }
        for (int i = 0; i < count; i++) {
            add(table, ENTRIES_INDEX + i * ENTRY_LENGTH);
        }
    }

    private void add(UnsafeBuffer table, int index) throws IOException {
        UUID id = Guids.get(table, index);
        if (!KNOWN.contains(id)) {
            if ((table.getInt(index + ENTRY_FLAGS_INDEX, ByteOrder.LITTLE_ENDIAN) & REQUIRED) != 0) {
                throw new UnsupportedImageException(file.name(), "has metadata " + id + " that must be understood",
                        "open it with the program that made it, and save a copy without");
            }
            return;
        }
        long offset = table.getInt(index + ENTRY_OFFSET_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        long length = table.getInt(index + ENTRY_LENGTH_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        if (offset < TABLE_LENGTH || length == 0 || length > MAX_ITEM_LENGTH || length > region.length() - offset) {
            throw new CorruptDataException(file.name(), region.position() + index + ENTRY_OFFSET_INDEX,
                    "a metadata item of " + length + " bytes cannot be at " + offset + " of its region");
        }
        if (places.put(id, new Place(region.position() + offset, (int) length)) != null) {
            throw new CorruptDataException(
                    file.name(), region.position() + index, "the metadata item " + id + " is there twice");
        }
    }

    /** Byte in the file. */
    long position(UUID id, String what) throws CorruptDataException {
        return place(id, what).position;
    }

    /** The whole item. */
    UnsafeBuffer item(UUID id, String what) throws IOException {
        Place place = place(id, what);
        return Structures.read(file, place.position, place.length, what);
    }

    /** The whole item, which can only have one length. */
    UnsafeBuffer item(UUID id, String what, int length) throws IOException {
        Place place = place(id, what);
        if (place.length != length) {
            throw new CorruptDataException(file.name(), place.position,
                    "the " + what + " has " + place.length + " bytes instead of " + length);
        }
        return Structures.read(file, place.position, length, what);
    }

    private Place place(UUID id, String what) throws CorruptDataException {
        Place place = places.get(id);
        if (place == null) {
            throw new CorruptDataException(file.name(), region.position(), "the metadata has no " + what);
        }
        return place;
    }
}
