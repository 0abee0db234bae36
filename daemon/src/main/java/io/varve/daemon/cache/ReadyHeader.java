package io.varve.daemon.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The first 4096 bytes of {@code ready}: whose cache this is. They keep their shape in all versions, so that a cache of
 * a later version is told from a damaged one. A cache of an earlier version is as good as a damaged one: what was in it
 * is fetched again.
 *
 * <pre>
 *    0                               8              12             16
 *   +-------------------------------+--------------+--------------+
 *   | magic "VARVERDY"              | version      | chunk size   |
 *   +-------------------------------+--------------+--------------+
 *   | disk size, bytes              | chunk count                 | 16
 *   +-------------------------------+-----------------------------+
 *   | SHA-256 of the identity of the disk, UTF-8, 32 bytes        | 32
 *   |                                                             |
 *   +-------------------------------------------------------------+
 *   | reserved, zero                                              | 64
 *   | ...                                          +--------------+
 *   |                                              | CRC32C       | 4092
 *   +----------------------------------------------+--------------+
 * </pre>
 *
 * <p>Immutable.
 *
 * @param diskSize bytes, 1 to {@link Chunks#MAX_DISK_SIZE}
 * @param identity what tells this state of this disk from any other
 */
record ReadyHeader(long diskSize, String identity) {

    /** Bytes. */
    static final int LENGTH = 4096;
    static final String MAGIC = "VARVERDY";
    /** The first one had chunks of 64 KiB. */
    static final int VERSION = 2;

    private static final int VERSION_OFFSET = 8;
    private static final int CHUNK_SIZE_OFFSET = 12;
    private static final int DISK_SIZE_OFFSET = 16;
    private static final int CHUNK_COUNT_OFFSET = 24;
    private static final int IDENTITY_OFFSET = 32;
    private static final int RESERVED_OFFSET = IDENTITY_OFFSET + Sha256.LENGTH;
    private static final int CRC_OFFSET = LENGTH - Integer.BYTES;

    ReadyHeader {
        if (diskSize < 1 || diskSize > Chunks.MAX_DISK_SIZE) {
            throw new IllegalArgumentException("a disk of " + diskSize + " bytes is not cached, 1 to "
                    + Chunks.MAX_DISK_SIZE + " are");
        }
    }

    int chunkCount() {
        return Chunks.count(diskSize);
    }

    void write(BlockFile file) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        buffer.putStringWithoutLengthAscii(0, MAGIC);
        buffer.putInt(VERSION_OFFSET, VERSION, LITTLE_ENDIAN);
        buffer.putInt(CHUNK_SIZE_OFFSET, Chunks.CHUNK_SIZE, LITTLE_ENDIAN);
        buffer.putLong(DISK_SIZE_OFFSET, diskSize, LITTLE_ENDIAN);
        buffer.putLong(CHUNK_COUNT_OFFSET, chunkCount(), LITTLE_ENDIAN);
        buffer.putBytes(IDENTITY_OFFSET, identityDigest());
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, 0, CRC_OFFSET), LITTLE_ENDIAN);
        file.write(0, buffer, 0, LENGTH);
    }

    /**
     * Checks that the file begins with this header.
     *
     * @throws CorruptDataException   if it is damaged, or of an earlier version
     * @throws FormatVersionException if a later version wrote it
     * @throws OtherDiskException     if it is whole, and of another disk
     */
    void require(BlockFile file) throws IOException {
        String name = file.name();
        UnsafeBuffer buffer = Buffers.alignedDirect(LENGTH);
        if (file.size() < LENGTH) {
            throw new CorruptDataException(name, file.size(), "it ends inside its header");
        }
        file.read(0, buffer, 0, LENGTH);
        if (!MAGIC.equals(buffer.getStringWithoutLengthAscii(0, MAGIC.length()))) {
            throw new CorruptDataException(name, 0, "it does not begin with " + MAGIC);
        }
        if (buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN) != Crc32c.of(buffer, 0, CRC_OFFSET)) {
            throw new CorruptDataException(name, CRC_OFFSET, "the checksum of its header is wrong");
        }
        int version = buffer.getInt(VERSION_OFFSET, LITTLE_ENDIAN);
        if (version >= 0 && version < VERSION) {
            throw new CorruptDataException(name, VERSION_OFFSET, "it is of version " + version + ", this is "
                    + VERSION);
        }
        if (version != VERSION) {
            throw new FormatVersionException(name, version, VERSION, VERSION);
        }
        requireFields(buffer, name);
    }

    private void requireFields(UnsafeBuffer buffer, String name) throws IOException {
        long size = buffer.getLong(DISK_SIZE_OFFSET, LITTLE_ENDIAN);
        if (size < 1 || size > Chunks.MAX_DISK_SIZE
                || buffer.getLong(CHUNK_COUNT_OFFSET, LITTLE_ENDIAN) != Chunks.count(size)
                || buffer.getInt(CHUNK_SIZE_OFFSET, LITTLE_ENDIAN) != Chunks.CHUNK_SIZE) {
            throw new CorruptDataException(name, CHUNK_SIZE_OFFSET, "its header has fields that cannot be");
        }
        for (int i = RESERVED_OFFSET; i < CRC_OFFSET; i++) {
            if (buffer.getByte(i) != 0) {
                throw new CorruptDataException(name, i, "a reserved byte is not zero");
            }
        }
        if (size != diskSize) {
            throw new OtherDiskException(name, "it has " + size + " bytes, this one " + diskSize);
        }
        byte[] found = new byte[Sha256.LENGTH];
        buffer.getBytes(IDENTITY_OFFSET, found);
        if (!MessageDigest.isEqual(found, identityDigest())) {
            throw new OtherDiskException(name, "it is not of " + identity);
        }
    }

    private byte[] identityDigest() {
        return Sha256.digest().digest(identity.getBytes(StandardCharsets.UTF_8));
    }
}
