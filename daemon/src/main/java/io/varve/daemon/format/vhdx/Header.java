package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Flyweight over one of the two headers (section 2.2.2): the only part of the file that is changed in place.
 *
 * <p>Immutable.
 */
final class Header {

    static final long FIRST_POSITION = 64 << 10;
    static final long SECOND_POSITION = 128 << 10;
    static final int LENGTH = 4096;
    /** "head". */
    static final int SIGNATURE = 0x64616568;
    static final int VERSION = 1;

    static final int SEQUENCE_NUMBER_INDEX = 8;
    static final int FILE_WRITE_GUID_INDEX = 16;
    static final int DATA_WRITE_GUID_INDEX = 32;
    static final int LOG_GUID_INDEX = 48;
    static final int LOG_VERSION_INDEX = 64;
    static final int VERSION_INDEX = 66;
    static final int LOG_LENGTH_INDEX = 68;
    static final int LOG_POSITION_INDEX = 72;

    private final UnsafeBuffer bytes;
    private final long position;

    private Header(UnsafeBuffer bytes, long position) {
        this.bytes = bytes;
        this.position = position;
    }

    /**
     * The valid header that was written last.
     *
     * @throws CorruptDataException      if none is valid, or both claim to be the last and differ
     * @throws UnsupportedImageException if the file is of another version
     */
    static Header current(BlockFile file) throws IOException {
        Header first = readOrNull(file, FIRST_POSITION);
        Header second = readOrNull(file, SECOND_POSITION);
        Header current;
        if (first == null && second == null) {
            throw new CorruptDataException(
                    file.name(), FIRST_POSITION, "signature or checksum of both headers is wrong");
        } else if (first == null || second == null) {
            current = first == null ? second : first;
        } else {
            int order = Long.compareUnsigned(first.sequenceNumber(), second.sequenceNumber());
            if (order == 0 && !first.bytes.equals(second.bytes)) {
                throw new CorruptDataException(file.name(), FIRST_POSITION + SEQUENCE_NUMBER_INDEX,
                        "the two headers differ, but have the same sequence number");
            }
            current = order < 0 ? second : first;
        }
        int version = current.bytes.getShort(VERSION_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffff;
        if (version != VERSION) {
            throw new UnsupportedImageException(file.name(), "is of VHDX version " + version,
                    "only version " + VERSION + " is known");
        }
        return current;
    }

    /** The header at one of the two places; null if it is not valid. */
    static Header readOrNull(BlockFile file, long position) throws IOException {
        UnsafeBuffer bytes = Structures.read(file, position, LENGTH, "header");
        return Structures.isSealed(bytes, SIGNATURE) ? new Header(bytes, position) : null;
    }

    /** Byte in the file. */
    long position() {
        return position;
    }

    /** The higher one counts; any number, unsigned. */
    long sequenceNumber() {
        return bytes.getLong(SEQUENCE_NUMBER_INDEX, ByteOrder.LITTLE_ENDIAN);
    }

    /** Its bytes, for the next one to be made of. */
    UnsafeBuffer copy() {
        UnsafeBuffer copy = Buffers.alignedDirect(LENGTH);
        copy.putBytes(0, bytes, 0, LENGTH);
        return copy;
    }

    /** Changes whenever the bytes of the disk do. */
    UUID dataWriteGuid() {
        return Guids.get(bytes, DATA_WRITE_GUID_INDEX);
    }

    /** {@link Guids#NONE} if there is nothing to replay. */
    UUID logGuid() {
        return Guids.get(bytes, LOG_GUID_INDEX);
    }

    int logVersion() {
        return bytes.getShort(LOG_VERSION_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffff;
    }

    /** Bytes, 0 to 2^32 - 1. */
    long logLength() {
        return bytes.getInt(LOG_LENGTH_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
    }

    long logPosition() {
        return bytes.getLong(LOG_POSITION_INDEX, ByteOrder.LITTLE_ENDIAN);
    }
}
