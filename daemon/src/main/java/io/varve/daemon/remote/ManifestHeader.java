package io.varve.daemon.remote;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * The first 512 bytes of a manifest: of what disk it is.
 *
 * <pre>
 *    0                               8              12             16
 *   +-------------------------------+--------------+--------------+
 *   | magic "VARVEMAN"              | version      | chunk size   |
 *   +-------------------------------+--------------+--------------+
 *   | disk size, bytes              | reserved, zero              | 16
 *   +-------------------------------+                             +
 *   | ...                                          +--------------+
 *   |                                              | CRC32C       | 508
 *   +----------------------------------------------+--------------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param diskSize bytes, 1 to {@link Chunks#MAX_DISK_SIZE}
 */
record ManifestHeader(long diskSize) {

    /** Bytes: not fewer than {@link HttpOrigin#open} asks for. */
    static final int LENGTH = 512;

    private static final String MAGIC = "VARVEMAN";
    private static final int VERSION = 1;
    private static final int VERSION_OFFSET = 8;
    private static final int CHUNK_SIZE_OFFSET = 12;
    private static final int DISK_SIZE_OFFSET = 16;
    private static final int RESERVED_OFFSET = 24;
    private static final int CRC_OFFSET = LENGTH - Integer.BYTES;

    /** Bytes of all digests. */
    long digestsLength() {
        return Sha256.LENGTH * (long) Chunks.count(diskSize);
    }

    /** Bytes of the whole file: header, digests, and the digest of both. */
    long fileLength() {
        return LENGTH + digestsLength() + Sha256.LENGTH;
    }

    void write(MutableDirectBuffer buffer) {
        buffer.setMemory(0, LENGTH, (byte) 0);
        buffer.putStringWithoutLengthAscii(0, MAGIC);
        buffer.putInt(VERSION_OFFSET, VERSION, LITTLE_ENDIAN);
        buffer.putInt(CHUNK_SIZE_OFFSET, Chunks.CHUNK_SIZE, LITTLE_ENDIAN);
        buffer.putLong(DISK_SIZE_OFFSET, diskSize, LITTLE_ENDIAN);
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, 0, CRC_OFFSET), LITTLE_ENDIAN);
    }

    /**
     * @param name   of the file, for messages
     * @param buffer off-heap, begins with the header
     * @throws CorruptDataException   if it is damaged, or no manifest at all
     * @throws FormatVersionException if another version wrote it
     */
    static ManifestHeader parse(String name, MutableDirectBuffer buffer) throws IOException {
        if (!MAGIC.equals(buffer.getStringWithoutLengthAscii(0, MAGIC.length()))) {
            throw new CorruptDataException(name, 0, "it does not begin with " + MAGIC);
        }
        if (buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN) != Crc32c.of(buffer, 0, CRC_OFFSET)) {
            throw new CorruptDataException(name, CRC_OFFSET, "the checksum of its header is wrong");
        }
        int version = buffer.getInt(VERSION_OFFSET, LITTLE_ENDIAN);
        if (version != VERSION) {
            throw new FormatVersionException(name, version, VERSION, VERSION);
        }
        int chunkSize = buffer.getInt(CHUNK_SIZE_OFFSET, LITTLE_ENDIAN);
        if (chunkSize != Chunks.CHUNK_SIZE) {
            throw new CorruptDataException(name, CHUNK_SIZE_OFFSET, "its chunks have " + chunkSize
                    + " bytes, this build knows chunks of " + Chunks.CHUNK_SIZE);
        }
        long size = buffer.getLong(DISK_SIZE_OFFSET, LITTLE_ENDIAN);
        if (size < 1 || size > Chunks.MAX_DISK_SIZE) {
            throw new CorruptDataException(name, DISK_SIZE_OFFSET, "no disk has " + size + " bytes");
        }
        for (int i = RESERVED_OFFSET; i < CRC_OFFSET; i++) {
            if (buffer.getByte(i) != 0) {
                throw new CorruptDataException(name, i, "a reserved byte is not zero");
            }
        }
        return new ManifestHeader(size);
    }
}
