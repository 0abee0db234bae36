package io.varve.it.format.reference;

import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/** Virtual Hard Disk Image Format Specification, version 1.0; the titles of its sections are in quotation marks. */
final class ReferenceVhd implements ReferenceImage {

    private static final int FIXED = 2;
    private static final int DYNAMIC = 3;
    private static final int DIFFERENCING = 4;
    private static final long UNUSED = 0xffffffffL;

    private final FileBytes file;
    private final long size;
    private final long type;
    private final UUID id;
    private final long header;
    private final long tablePosition;
    private final long blockSize;
    private final ReferenceVhd parent;

    ReferenceVhd(Path path) {
        file = new FileBytes(path, ByteOrder.BIG_ENDIAN);
        // "Hard Disk Footer Format": the last 512 bytes of the file.
        long footer = file.length() - 512;
        file.require(file.ascii(footer, 8).equals("conectix"), "no footer");
        requireChecksum(footer, 512, 64);
        size = file.int64(footer + 48); // Current Size
        type = file.int32(footer + 60); // Disk Type
        id = file.uuid(footer + 68); // Unique Id
        file.require(type >= FIXED && type <= DIFFERENCING, "disk type " + type);
        // "Dynamic Disk Header Format"
        header = type == FIXED ? 0 : file.int64(footer + 16); // Data Offset
        if (type == FIXED) {
            tablePosition = 0;
            blockSize = 0;
        } else {
            file.require(file.ascii(header, 8).equals("cxsparse"), "no header");
            requireChecksum(header, 1024, 36);
            tablePosition = file.int64(header + 16); // Table Offset
            blockSize = file.int32(header + 32); // Block Size
        }
        parent = type == DIFFERENCING ? openParent() : null;
    }

    /** "Checksum": one's complement of the sum of all bytes but those of the field itself. */
    private void requireChecksum(long position, int length, int field) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += i >= field && i < field + 4 ? 0 : file.int8(position + i);
        }
        file.require(file.int32(position + field) == (~sum & 0xffffffffL), "checksum at " + position);
    }

    /** "Parent Locator Entry 1" to 8, 24 bytes each: the relative one, "W2ru", is followed. */
    private ReferenceVhd openParent() {
        for (int i = 0; i < 8; i++) {
            long entry = header + 576 + 24 * i;
            if (file.ascii(entry, 4).equals("W2ru")) { // Platform Code
                long length = file.int32(entry + 8); // Platform Data Length
                long position = file.int64(entry + 16); // Platform Data Offset
                String name = file.utf16le(position, (int) length).replace('\\', '/');
                ReferenceVhd found = new ReferenceVhd(file.path().resolveSibling(name).normalize());
                file.require(found.id.equals(file.uuid(header + 40)), "another parent"); // Parent Unique ID
                return found;
            }
        }
        throw new IllegalStateException(file.path() + ": no relative path to the parent");
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte[] sectorOrNull(long offset) {
        if (type == FIXED) { // "Fixed Hard Disk Image"
            return file.bytes(offset, SECTOR_LENGTH);
        }
        // "Mapping a Disk Sector to a Sector in the Block"
        long rawSectorNumber = offset / SECTOR_LENGTH;
        long sectorsPerBlock = blockSize / SECTOR_LENGTH;
        long blockNumber = rawSectorNumber / sectorsPerBlock;
        long sectorInBlock = rawSectorNumber % sectorsPerBlock;
        // "Block Allocation Table and Data Blocks": the bitmap is padded to a sector boundary.
        long entry = file.int32(tablePosition + 4 * blockNumber);
        if (entry == UNUSED) {
            return null;
        }
        long bitmapPosition = entry * SECTOR_LENGTH;
        long bitmapSectorCount = (sectorsPerBlock / 8 + SECTOR_LENGTH - 1) / SECTOR_LENGTH;
        // 1: the sector has data; in a dynamic disk 0 is zero, in a differencing one it is the parent's. The highest
        // bit of a byte stands for its first sector.
        int bits = file.int8(bitmapPosition + sectorInBlock / 8);
        if ((bits & 0x80 >> sectorInBlock % 8) == 0) {
            return null;
        }
        long actualSectorLocation = entry + bitmapSectorCount + sectorInBlock;
        return file.bytes(actualSectorLocation * SECTOR_LENGTH, SECTOR_LENGTH);
    }

    @Override
    public ReferenceImage parentOrNull() {
        return parent;
    }
}
