package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The first 128 bytes of every table. They keep their shape in all versions, so that a table of a later version is
 * told from a damaged one.
 *
 * <pre>
 *    0                               8              12             16
 *   +-------------------------------+--------------+--------------+
 *   | magic                         | version      | entry length |
 *   +-------------------------------+--------------+--------------+
 *   | id, 32 bytes                                                | 16
 *   |                                                             |
 *   +-------------------------------+-----------------------------+
 *   | entry count                   | page count                  | 48
 *   +--------------+----------------+-----------------------------+
 *   | blob count   | reserved, zero                               | 64
 *   +--------------+------------------------------+--------+------+
 *   | ...                                         | dir crc| crc  | 112
 *   +---------------------------------------------+--------+------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param id           64 hexadecimal digits
 * @param pageCount    pages of the disk (map), of the blob (crc, chunks)
 * @param blobCount    blobs that the entries point into; 0 except in a map
 * @param directoryCrc CRC32C of the directory behind the entries
 */
record TableHeader(TableKind kind, String id, long entryCount, long pageCount, int blobCount, int directoryCrc) {

    /** Bytes. */
    static final int LENGTH = 128;
    static final int VERSION = 1;
    /** Bytes of entries that one checksum of the directory covers. */
    static final int SEGMENT_LENGTH = 64 * 1024;

    private static final int MAGIC_LENGTH = 8;
    private static final int VERSION_OFFSET = 8;
    private static final int ENTRY_LENGTH_OFFSET = 12;
    private static final int ID_OFFSET = 16;
    private static final int ID_LENGTH = 32;
    private static final int ENTRY_COUNT_OFFSET = 48;
    private static final int PAGE_COUNT_OFFSET = 56;
    private static final int BLOB_COUNT_OFFSET = 64;
    private static final int RESERVED_OFFSET = 68;
    private static final int DIRECTORY_CRC_OFFSET = 120;
    private static final int CRC_OFFSET = 124;

    /** Bytes of the whole file. */
    long fileLength() {
        return directoryPosition() + Integer.BYTES * (long) segmentCount();
    }

    long directoryPosition() {
        return LENGTH + entryCount * kind.entryLength();
    }

    int segmentCount() {
        return (int) ((entryCount * kind.entryLength() + SEGMENT_LENGTH - 1) / SEGMENT_LENGTH);
    }

    /** The id that the entries alone have, given the digest of them: see the description of this package. */
    static String contentId(MessageDigest entries, long entryCount, long pageCount, int blobCount) {
        UnsafeBuffer counts = new UnsafeBuffer(new byte[RESERVED_OFFSET - ENTRY_COUNT_OFFSET]);
        counts.putLong(0, entryCount, LITTLE_ENDIAN);
        counts.putLong(PAGE_COUNT_OFFSET - ENTRY_COUNT_OFFSET, pageCount, LITTLE_ENDIAN);
        counts.putInt(BLOB_COUNT_OFFSET - ENTRY_COUNT_OFFSET, blobCount, LITTLE_ENDIAN);
        entries.update(counts.byteArray());
        return HexFormat.of().formatHex(entries.digest());
    }

    void write(BlockFile file) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        buffer.putStringWithoutLengthAscii(0, kind.magic());
        buffer.putInt(VERSION_OFFSET, VERSION, LITTLE_ENDIAN);
        buffer.putInt(ENTRY_LENGTH_OFFSET, kind.entryLength(), LITTLE_ENDIAN);
        buffer.putBytes(ID_OFFSET, HexFormat.of().parseHex(id));
        buffer.putLong(ENTRY_COUNT_OFFSET, entryCount, LITTLE_ENDIAN);
        buffer.putLong(PAGE_COUNT_OFFSET, pageCount, LITTLE_ENDIAN);
        buffer.putInt(BLOB_COUNT_OFFSET, blobCount, LITTLE_ENDIAN);
        buffer.putInt(DIRECTORY_CRC_OFFSET, directoryCrc, LITTLE_ENDIAN);
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, 0, CRC_OFFSET), LITTLE_ENDIAN);
        file.write(0, buffer, 0, LENGTH);
    }

    /**
     * Checks everything that can be known from the header and the size of the file.
     *
     * @param id            that the table must have
     * @param maxEntryCount a larger count is refused, before anybody allocates by it
     */
    static TableHeader read(BlockFile file, TableKind kind, String id, long maxEntryCount) throws IOException {
        String name = file.name();
        long size = file.size();
        if (size < LENGTH) {
            throw new CorruptDataException(name, size, "it ends inside its header");
        }
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        file.read(0, buffer, 0, LENGTH);
        if (!kind.magic().equals(buffer.getStringWithoutLengthAscii(0, MAGIC_LENGTH))) {
            throw new CorruptDataException(name, 0, "it does not begin with " + kind.magic());
        }
        if (buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN) != Crc32c.of(buffer, 0, CRC_OFFSET)) {
            throw new CorruptDataException(name, CRC_OFFSET, "the checksum of its header is wrong");
        }
        int version = buffer.getInt(VERSION_OFFSET, LITTLE_ENDIAN);
        if (version != VERSION) {
            throw new FormatVersionException(name, version, VERSION, VERSION);
        }
        TableHeader header = parse(buffer, kind);
        if (buffer.getInt(ENTRY_LENGTH_OFFSET, LITTLE_ENDIAN) != kind.entryLength() || !reservedIsZero(buffer)) {
            throw new CorruptDataException(name, ENTRY_LENGTH_OFFSET, "its header has fields that cannot be");
        }
        if (!header.id.equals(id)) {
            throw new CorruptDataException(name, ID_OFFSET, "it is the table of " + header.id + ", not of " + id);
        }
        if (header.entryCount < 0 || header.entryCount > maxEntryCount) {
            throw new CorruptDataException(name, ENTRY_COUNT_OFFSET, header.entryCount + " entries are not in 0.."
                    + maxEntryCount);
        }
        if (header.fileLength() != size) {
            throw new CorruptDataException(name, Math.min(size, header.fileLength()),
                    "it is " + size + " bytes long, " + header.fileLength() + " are right");
        }
        return header;
    }

    private static TableHeader parse(UnsafeBuffer buffer, TableKind kind) {
        byte[] id = new byte[ID_LENGTH];
        buffer.getBytes(ID_OFFSET, id);
        return new TableHeader(kind, HexFormat.of().formatHex(id), buffer.getLong(ENTRY_COUNT_OFFSET, LITTLE_ENDIAN),
                buffer.getLong(PAGE_COUNT_OFFSET, LITTLE_ENDIAN), buffer.getInt(BLOB_COUNT_OFFSET, LITTLE_ENDIAN),
                buffer.getInt(DIRECTORY_CRC_OFFSET, LITTLE_ENDIAN));
    }

    private static boolean reservedIsZero(UnsafeBuffer buffer) {
        for (int i = RESERVED_OFFSET; i < DIRECTORY_CRC_OFFSET; i++) {
            if (buffer.getByte(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
