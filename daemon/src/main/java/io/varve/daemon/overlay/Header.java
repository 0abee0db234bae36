package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;

/**
 * The first sector of each file of an overlay, and of each part of one that is replaced in place:
 *
 * <pre>
 *   0  magic, 8 letters
 *   8  format version, u32
 *  12  u32, meaning depends on the magic
 *  16  id of the overlay, 16 bytes: most significant half first, each half u64
 *  32  fields, meaning depends on the magic; unused bytes are zero
 * 508  CRC32C of bytes 0 to 507, u32
 * </pre>
 *
 * All numbers are little-endian. Magic, version, id and checksum keep their places in every version to come, so that
 * a file that is too new can be told from one that is damaged.
 *
 * <p>Owned by the thread that uses it.
 */
final class Header {

    /** Bytes: one sector, so that it reaches the disk as a whole or not at all. */
    static final int LENGTH = 512;
    static final int VERSION = 1;

    static final String DATA_MAGIC = "VRVODATA";
    static final String META_MAGIC = "VRVOMETA";
    static final String EPOCH_MAGIC = "VRVEPOCH";
    static final String JOURNAL_MAGIC = "VRVOJRNL";
    static final String MAP_MAGIC = "VRVOSMAP";
    static final String BITMAP_MAGIC = "VRVOBMAP";

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 8;
    static final int AUX_OFFSET = 12;
    private static final int ID_HIGH_OFFSET = 16;
    private static final int ID_LOW_OFFSET = 24;
    static final int FIELDS_OFFSET = 32;
    private static final int CRC_OFFSET = 508;

    private final MutableDirectBuffer buffer;
    private final int index;

    Header(MutableDirectBuffer buffer, int index) {
        this.buffer = buffer;
        this.index = index;
    }

    /** Clears the sector and writes what all headers have; fields follow, then {@link #seal}. */
    Header begin(String magic, UUID id) {
        buffer.setMemory(index, LENGTH, (byte) 0);
        buffer.putLong(index + MAGIC_OFFSET, magicBits(magic), LITTLE_ENDIAN);
        putInt(VERSION_OFFSET, VERSION);
        putLong(ID_HIGH_OFFSET, id.getMostSignificantBits());
        putLong(ID_LOW_OFFSET, id.getLeastSignificantBits());
        return this;
    }

    Header putInt(int offset, int value) {
        buffer.putInt(index + offset, value, LITTLE_ENDIAN);
        return this;
    }

    Header putLong(int offset, long value) {
        buffer.putLong(index + offset, value, LITTLE_ENDIAN);
        return this;
    }

    /** Writes the checksum and answers it. */
    int seal() {
        int crc = Crc32c.of(buffer, index, CRC_OFFSET);
        putInt(CRC_OFFSET, crc);
        return crc;
    }

    int getInt(int offset) {
        return buffer.getInt(index + offset, LITTLE_ENDIAN);
    }

    long getLong(int offset) {
        return buffer.getLong(index + offset, LITTLE_ENDIAN);
    }

    UUID id() {
        return new UUID(getLong(ID_HIGH_OFFSET), getLong(ID_LOW_OFFSET));
    }

    int crc() {
        return getInt(CRC_OFFSET);
    }

    /**
     * Whether the sector was written as a whole by some version. False for one that never was, or was torn.
     *
     * @throws FormatVersionException if it was, by a version that this build does not read
     */
    boolean isIntact(String magic, String fileName) throws FormatVersionException {
        if (buffer.getLong(index + MAGIC_OFFSET, LITTLE_ENDIAN) != magicBits(magic)
                || crc() != Crc32c.of(buffer, index, CRC_OFFSET)) {
            return false;
        }
        if (getInt(VERSION_OFFSET) != VERSION) {
            throw new FormatVersionException(fileName, getInt(VERSION_OFFSET), VERSION, VERSION);
        }
        return true;
    }

    /**
     * @param position     of the header in its file
     * @param fieldsLength bytes of this header that mean something; the others must be zero
     * @throws CorruptDataException if they are not, or the file is not of this overlay
     */
    void require(UUID id, int fieldsLength, String fileName, long position) throws IOException {
        if (!id().equals(id)) {
            throw new CorruptDataException(fileName, position + ID_HIGH_OFFSET,
                    "it belongs to overlay " + id() + ", not to " + id);
        }
        for (int i = fieldsLength; i < CRC_OFFSET; i++) {
            if (buffer.getByte(index + i) != 0) {
                throw new CorruptDataException(fileName, position + i, "a reserved byte is not zero");
            }
        }
    }

    private static long magicBits(String magic) {
        byte[] letters = magic.getBytes(StandardCharsets.US_ASCII);
        long bits = 0;
        for (int i = Long.BYTES - 1; i >= 0; i--) {
            bits = bits << Byte.SIZE | letters[i];
        }
        return bits;
    }
}
