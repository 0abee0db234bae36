package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.zip.DataFormatException;
import org.agrona.DirectBuffer;

/**
 * Where a frame ends (RFC 8878, section 3.1.1): a table says so in sectors only, and what follows in the last sector
 * belongs to somebody else. Thread-safe because it has no state.
 */
final class ZstdFrame {

    private static final int MAGIC = 0xFD2FB528;
    private static final int MAGIC_LENGTH = 4;
    private static final int BLOCK_HEADER_LENGTH = 3;
    private static final int REPEATED_BYTE = 1;
    private static final int RESERVED = 3;
    private static final int CHECKSUM_LENGTH = 4;
    private static final int[] DICTIONARY_ID_LENGTH = {0, 1, 2, 4};
    private static final int[] CONTENT_SIZE_LENGTH = {0, 2, 4, 8};

    private ZstdFrame() {}

    /**
     * @param limit bytes that there are
     * @return bytes of the frame that starts at index 0
     * @throws DataFormatException if there is none, or it does not end within the limit
     */
    static int length(DirectBuffer bytes, int limit) throws DataFormatException {
        require(MAGIC_LENGTH + 1, limit);
        if (bytes.getInt(0, LITTLE_ENDIAN) != MAGIC) {
            throw new DataFormatException("no frame of zstd begins there");
        }
        int descriptor = bytes.getByte(MAGIC_LENGTH);
        boolean oneSegment = (descriptor >> 5 & 1) != 0;
        int sizeFlag = descriptor >> 6 & 3;
        int position = MAGIC_LENGTH + 1
                + (oneSegment ? 0 : 1)
                + DICTIONARY_ID_LENGTH[descriptor & 3]
                + (oneSegment && sizeFlag == 0 ? 1 : CONTENT_SIZE_LENGTH[sizeFlag]);
        boolean last = false;
        while (!last) {
            require(position + BLOCK_HEADER_LENGTH, limit);
            int block = bytes.getShort(position, LITTLE_ENDIAN) & 0xffff | (bytes.getByte(position + 2) & 0xff) << 16;
            last = (block & 1) != 0;
            int type = block >> 1 & 3;
            if (type == RESERVED) {
                throw new DataFormatException("a block of a kind that zstd does not have");
            }
            position += BLOCK_HEADER_LENGTH + (type == REPEATED_BYTE ? 1 : block >> 3);
            require(position, limit);
        }
        position += (descriptor >> 2 & 1) != 0 ? CHECKSUM_LENGTH : 0;
        require(position, limit);
        return position;
    }

    private static void require(int position, int limit) throws DataFormatException {
        if (position > limit) {
            throw new DataFormatException("the code ends behind its last sector");
        }
    }
}
