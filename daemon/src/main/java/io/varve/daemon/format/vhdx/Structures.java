package io.varve.daemon.format.vhdx;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What headers, tables and regions have in common: they lie inside the file, at multiples of 1 MiB, and a checksum is
 * the second field.
 *
 * <p>Thread-safe because it has no state.
 */
final class Structures {

    /** Regions, blocks and the log begin and end at multiples of it. */
    static final int UNIT = 1 << 20;

    /** CRC-32C of the structure with this field zero. */
    static final int CHECKSUM_INDEX = 4;

    private Structures() {}

    /**
     * Reads a structure whole.
     *
     * @param length at most 1 MiB
     * @throws CorruptDataException if the file ends before
     */
    static UnsafeBuffer read(BlockFile file, long position, int length, String what) throws IOException {
        long end = file.size();
        if (position < 0 || length > end - position) {
            throw new CorruptDataException(
                    file.name(), position, "the " + what + " should be there, but the file ends at " + end);
        }
        UnsafeBuffer bytes = Buffers.alignedDirect(length);
        file.read(position, bytes, 0, length);
        return bytes;
    }

    /** Over the whole buffer, which is left as it was. */
    static int checksum(UnsafeBuffer structure) {
        int stored = structure.getInt(CHECKSUM_INDEX);
        structure.putInt(CHECKSUM_INDEX, 0);
        int computed = Crc32c.of(structure, 0, structure.capacity());
        structure.putInt(CHECKSUM_INDEX, stored);
        return computed;
    }

    static boolean isSealed(UnsafeBuffer structure, int signature) {
        return structure.getInt(0, ByteOrder.LITTLE_ENDIAN) == signature
                && structure.getInt(CHECKSUM_INDEX, ByteOrder.LITTLE_ENDIAN) == checksum(structure);
    }

    static void seal(UnsafeBuffer structure, int signature) {
        structure.putInt(0, signature, ByteOrder.LITTLE_ENDIAN);
        structure.putInt(CHECKSUM_INDEX, checksum(structure), ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether a region or the log may be there. Behind the end of the file is for who reads it to find. */
    static boolean isPlace(long position, long length) {
        return position >= UNIT && length > 0 && position % UNIT == 0 && length % UNIT == 0
                && length <= Long.MAX_VALUE - position;
    }
}
