package io.varve.daemon.format.vhdx;

/**
 * A valid entry of the log (section 2.3.1), and the layout of entries.
 *
 * <pre>
 *   | header 64 bytes | descriptors, 32 bytes each | to 4 KiB | data sector, 4 KiB | data sector | ...
 *
 *   data sector   | "data" | sequence, high 4 bytes | 4084 bytes of data | sequence, low 4 bytes |
 *   what it replaces 12 bytes of, the first 8 and the last 4, is in its descriptor
 * </pre>
 *
 * <p>Immutable.
 *
 * @param offset         byte in the log, a multiple of 4096
 * @param length         bytes, a multiple of 4096, at most the log's; it may go around the log's end
 * @param tailOffset     byte in the log: the first entry that has to be replayed if this is the last
 * @param flushedLength  bytes that the file had for certain when the entry was written
 * @param lastLength     bytes that the file has to have
 */
record LogEntry(long offset, long length, long tailOffset, long sequenceNumber, int descriptorCount,
        long flushedLength, long lastLength) {

    static final int SECTOR_LENGTH = 4096;

    /** "loge". */
    static final int SIGNATURE = 0x65676f6c;
    static final int LENGTH_INDEX = 8;
    static final int TAIL_INDEX = 12;
    static final int SEQUENCE_NUMBER_INDEX = 16;
    static final int DESCRIPTOR_COUNT_INDEX = 24;
    static final int LOG_GUID_INDEX = 32;
    static final int FLUSHED_LENGTH_INDEX = 48;
    static final int LAST_LENGTH_INDEX = 56;
    static final int HEADER_LENGTH = 64;

    static final int DESCRIPTOR_LENGTH = 32;
    /** "zero". */
    static final int ZERO_SIGNATURE = 0x6f72657a;
    /** "desc". */
    static final int DATA_SIGNATURE = 0x63736564;
    static final int TRAILING_INDEX = 4;
    static final int LEADING_INDEX = 8;
    static final int ZERO_LENGTH_INDEX = 8;
    static final int POSITION_INDEX = 16;
    static final int DESCRIPTOR_SEQUENCE_INDEX = 24;

    /** "data". */
    static final int SECTOR_SIGNATURE = 0x61746164;
    static final int SEQUENCE_HIGH_INDEX = 4;
    static final int SEQUENCE_LOW_INDEX = 4092;
    static final int LEADING_LENGTH = 8;
    static final int TRAILING_LENGTH = 4;

    /** Of the part before the data sectors. */
    int headSectorCount() {
        return (int) ((HEADER_LENGTH + (long) descriptorCount * DESCRIPTOR_LENGTH + SECTOR_LENGTH - 1) / SECTOR_LENGTH);
    }

    int sectorCount() {
        return (int) (length / SECTOR_LENGTH);
    }
}
