package io.varve.it.format.reference;

import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Virtual Hard Disk v2 (VHDX) File Format, [MS-VHDX]; the numbers of its sections are in the comments. */
final class ReferenceVhdx implements ReferenceImage {

    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final UUID NONE = new UUID(0, 0);

    private final FileBytes file;
    private final UUID dataWriteGuid;
    private final long tablePosition;
    private final long metadataPosition;
    private final long size;
    private final long blockSize;
    private final long sectorSize;
    private final boolean hasParent;
    private final ReferenceVhdx parent;

    ReferenceVhdx(Path path) {
        file = new FileBytes(path, ByteOrder.LITTLE_ENDIAN);
        file.require(file.ascii(0, 8).equals("vhdxfile"), "2.2.1, no file type identifier");
        long header = currentHeader();
        dataWriteGuid = file.guid(header + 32);
        UUID logGuid = file.guid(header + 48);
        file.require(logGuid.equals(NONE), "2.2.2, a log that has to be replayed");
        tablePosition = region("2dc27766-f623-4200-9d64-115e9bfd4a08");
        metadataPosition = region("8b7ca206-4790-4b9a-b8fe-575f050f886e");
        long fileParameters = item("caa16737-fa36-4d43-b3b6-33f0aa44e76b"); // 2.6.2.1
        blockSize = file.int32(fileParameters);
        hasParent = (file.int32(fileParameters + 4) & 2) != 0;
        size = file.int64(item("2fa54224-cd1b-4876-b211-5dbed83bf4b8")); // 2.6.2.2
        sectorSize = file.int32(item("8141bf1d-a96f-4709-ba47-f233a8faab5f")); // 2.6.2.4
        parent = hasParent ? openParent() : null;
    }

    /** 2.2.2: of the two headers, the valid one of the higher sequence number. */
    private long currentHeader() {
        long current = -1;
        for (long header : new long[] {64 * KIB, 128 * KIB}) {
            boolean isValid = file.ascii(header, 4).equals("head") && hasChecksum(header, 4 * KIB);
            if (isValid && (current < 0 || file.int64(header + 8) > file.int64(current + 8))) {
                current = header;
            }
        }
        file.require(current >= 0, "2.2.2, no header");
        file.require(file.int16(current + 66) == 1, "2.2.2, another version");
        return current;
    }

    /** CRC-32C of the structure, with zeros where the sum is: byte 4 to 7. */
    private boolean hasChecksum(long position, long length) {
        byte[] bytes = file.bytes(position, (int) length);
        bytes[4] = bytes[5] = bytes[6] = bytes[7] = 0;
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return file.int32(position + 4) == crc.getValue();
    }

    /** 2.2.3: position of a region, by the first region table. */
    private long region(String guid) {
        long table = 192 * KIB;
        file.require(file.ascii(table, 4).equals("regi") && hasChecksum(table, 64 * KIB), "2.2.3, no region table");
        for (long i = 0; i < file.int32(table + 8); i++) {
            long entry = table + 16 + 32 * i;
            if (file.guid(entry).equals(UUID.fromString(guid))) {
                return file.int64(entry + 16);
            }
        }
        throw new IllegalStateException(file.path() + ": 2.2.3, no region " + guid);
    }

    /** 2.6.1: position of a metadata item. */
    private long item(String guid) {
        file.require(file.ascii(metadataPosition, 8).equals("metadata"), "2.6.1, no metadata table");
        for (long i = 0; i < file.int16(metadataPosition + 10); i++) {
            long entry = metadataPosition + 32 + 32 * i;
            if (file.guid(entry).equals(UUID.fromString(guid))) {
                return metadataPosition + file.int32(entry + 16);
            }
        }
        throw new IllegalStateException(file.path() + ": 2.6.1, no item " + guid);
    }

    /** 2.6.2.6: the relative path is followed. */
    private ReferenceVhdx openParent() {
        long locator = item("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
        file.require(file.guid(locator).equals(UUID.fromString("b04aefb7-d19e-4a81-b789-25b8e9445913")),
                "2.6.2.6, another type of locator");
        String name = entryOfLocator(locator, "relative_path").replace('\\', '/');
        ReferenceVhdx found = new ReferenceVhdx(file.path().resolveSibling(name).normalize());
        String linkage = entryOfLocator(locator, "parent_linkage");
        file.require(linkage.equalsIgnoreCase("{" + found.dataWriteGuid + "}"), "2.6.2.6, another parent");
        return found;
    }

    /** Offsets are from the locator; entries of 12 bytes follow its 20 bytes of header. */
    private String entryOfLocator(long locator, String key) {
        for (long i = 0; i < file.int16(locator + 18); i++) {
            long entry = locator + 20 + 12 * i;
            String found = unaligned(locator + unalignedInt32(entry), file.bytes(entry + 8, 2));
            if (found.equals(key)) {
                return unaligned(locator + unalignedInt32(entry + 4), file.bytes(entry + 10, 2));
            }
        }
        throw new IllegalStateException(file.path() + ": 2.6.2.6, no " + key);
    }

    private String unaligned(long position, byte[] length) {
        return file.utf16le(position, length[0] & 0xff | (length[1] & 0xff) << 8);
    }

    private long unalignedInt32(long position) {
        return file.int8(position) | file.int8(position + 1) << 8 | file.int8(position + 2) << 16
                | (long) file.int8(position + 3) << 24;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public byte[] sectorOrNull(long offset) {
        // 2.5: behind the payload entries of each chunk is one for its sector bitmap, also at its end if that is short.
        long chunkRatio = (1L << 23) * sectorSize / blockSize;
        long block = offset / blockSize;
        long chunk = block / chunkRatio;
        long entry = file.int64(tablePosition + 8 * (block + chunk));
        long position = (entry >>> 20) * MIB + offset % blockSize; // 2.5.1, FileOffsetMB
        int state = (int) entry & 7;
        return switch (state) { // 2.5.1.1
            case 0 -> null; // NOT_PRESENT: the parent's, or zero
            // UNDEFINED, ZERO, UNMAPPED; 5 is what version 0.95 called UNMAPPED.
            case 1, 2, 3, 5 -> new byte[SECTOR_LENGTH];
            case 6 -> file.bytes(position, SECTOR_LENGTH); // FULLY_PRESENT
            case 7 -> isInBitmap(offset, chunk, chunkRatio) ? file.bytes(position, SECTOR_LENGTH) : null;
            default -> throw new IllegalStateException(file.path() + ": 2.5.1.1, state " + state);
        };
    }

    /** 2.4.2: a bit for each of the 2^23 sectors of a chunk, the lowest of a byte first. */
    private boolean isInBitmap(long offset, long chunk, long chunkRatio) {
        file.require(hasParent, "2.5.1.1, partially present without a parent");
        long entry = file.int64(tablePosition + 8 * (chunk * (chunkRatio + 1) + chunkRatio));
        file.require((entry & 7) == 6, "2.5.1.2, no sector bitmap");
        long sectorInChunk = offset / sectorSize % (1L << 23);
        return (file.int8((entry >>> 20) * MIB + sectorInChunk / 8) >> sectorInChunk % 8 & 1) != 0;
    }

    @Override
    public ReferenceImage parentOrNull() {
        return parent;
    }
}
