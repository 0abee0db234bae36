package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Pages;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;

/**
 * One record of the journal, in a buffer:
 *
 * <pre>
 *   0  magic "VJR1"
 *   4  CRC32C of bytes 8 to the end of the record, u32
 *   8  length of the record in bytes, a multiple of 512, u32
 *  12  number of entries, u32
 *  16  seq, u64
 *  24  owner epoch, u64
 *  32  id of the overlay, 16 bytes as in {@link Header}
 *  48  pages of payload, u32
 *  52  checksum of the record before, or of the map slot that the half began with, u32
 *  56  zero, 8 bytes
 *  64  entries of 16 bytes: first page u64, pages u32, kind u8, zero 3 bytes
 *      payload: the pages of the PAYLOAD entries in order, 4096 bytes each
 *      zeros up to the length
 * </pre>
 *
 * All numbers are little-endian.
 *
 * <p>Owned by the thread that uses it.
 */
final class JournalRecord {

    /** Bytes; a record never begins in a sector that an older one ends in. */
    static final int ALIGNMENT = 512;

    /** The pages are PRESENT and their bytes are in this record. */
    static final int PAYLOAD = 1;
    /** The pages are PRESENT and their bytes were durable in the data file before this record was written. */
    static final int IN_PLACE = 2;
    /** The pages are ZERO. */
    static final int ZERO = 3;

    private static final int MAGIC = 'V' | 'J' << 8 | 'R' << 16 | '1' << 24;
    private static final int MAGIC_OFFSET = 0;
    private static final int CRC_OFFSET = 4;
    private static final int LENGTH_OFFSET = 8;
    private static final int ENTRY_COUNT_OFFSET = 12;
    private static final int SEQ_OFFSET = 16;
    private static final int OWNER_EPOCH_OFFSET = 24;
    private static final int ID_HIGH_OFFSET = 32;
    private static final int ID_LOW_OFFSET = 40;
    private static final int PAYLOAD_PAGE_COUNT_OFFSET = 48;
    private static final int PREVIOUS_CRC_OFFSET = 52;
    private static final int RESERVED_OFFSET = 56;
    static final int HEADER_LENGTH = 64;
    static final int ENTRY_LENGTH = 16;
    private static final int ENTRY_PAGE_COUNT_OFFSET = 8;
    private static final int ENTRY_KIND_OFFSET = 12;

    private final MutableDirectBuffer buffer;
    private int entryCount;
    private int payloadPageCount;

    /** @param buffer at least as long as the longest record that it shall hold */
    JournalRecord(MutableDirectBuffer buffer) {
        this.buffer = buffer;
    }

    MutableDirectBuffer buffer() {
        return buffer;
    }

    void clear() {
        entryCount = 0;
        payloadPageCount = 0;
    }

    /**
     * Appends an entry, or several where one cannot count that far.
     *
     * @return false if the buffer is full
     */
    boolean add(int kind, long pageIndex, long pageCount) {
        for (long done = 0; done < pageCount; ) {
            int entry = HEADER_LENGTH + entryCount * ENTRY_LENGTH;
            if (entry + ENTRY_LENGTH > buffer.capacity()) {
                return false;
            }
            int count = (int) Math.min(pageCount - done, Integer.MAX_VALUE);
            buffer.putLong(entry, pageIndex + done, LITTLE_ENDIAN);
            buffer.putInt(entry + ENTRY_PAGE_COUNT_OFFSET, count, LITTLE_ENDIAN);
            buffer.putInt(entry + ENTRY_KIND_OFFSET, kind, LITTLE_ENDIAN);
            entryCount++;
            payloadPageCount += kind == PAYLOAD ? count : 0;
            done += count;
        }
        return true;
    }

    int entryCount() {
        return entryCount;
    }

    int payloadPageCount() {
        return payloadPageCount;
    }

    long pageIndex(int entry) {
        return buffer.getLong(HEADER_LENGTH + entry * ENTRY_LENGTH, LITTLE_ENDIAN);
    }

    int pageCount(int entry) {
        return buffer.getInt(HEADER_LENGTH + entry * ENTRY_LENGTH + ENTRY_PAGE_COUNT_OFFSET, LITTLE_ENDIAN);
    }

    /** {@link #PAYLOAD}, {@link #IN_PLACE} or {@link #ZERO}. */
    int kind(int entry) {
        return buffer.getInt(HEADER_LENGTH + entry * ENTRY_LENGTH + ENTRY_KIND_OFFSET, LITTLE_ENDIAN);
    }

    /** Where the payload begins, once all entries are in. */
    int payloadIndex() {
        return HEADER_LENGTH + entryCount * ENTRY_LENGTH;
    }

    /** Bytes of the record on disk, with the entries and the payload that it has now. */
    long length() {
        long used = HEADER_LENGTH + (long) entryCount * ENTRY_LENGTH
                + ((long) payloadPageCount << Pages.PAGE_SHIFT);
        return used + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Completes the record, whose payload is in place, and answers its checksum. */
    int seal(long seq, long ownerEpoch, UUID id, int previousCrc) {
        int length = (int) length();
        int used = payloadIndex() + (payloadPageCount << Pages.PAGE_SHIFT);
        buffer.setMemory(used, length - used, (byte) 0);
        buffer.putInt(MAGIC_OFFSET, MAGIC, LITTLE_ENDIAN);
        buffer.putInt(LENGTH_OFFSET, length, LITTLE_ENDIAN);
        buffer.putInt(ENTRY_COUNT_OFFSET, entryCount, LITTLE_ENDIAN);
        buffer.putLong(SEQ_OFFSET, seq, LITTLE_ENDIAN);
        buffer.putLong(OWNER_EPOCH_OFFSET, ownerEpoch, LITTLE_ENDIAN);
        buffer.putLong(ID_HIGH_OFFSET, id.getMostSignificantBits(), LITTLE_ENDIAN);
        buffer.putLong(ID_LOW_OFFSET, id.getLeastSignificantBits(), LITTLE_ENDIAN);
        buffer.putInt(PAYLOAD_PAGE_COUNT_OFFSET, payloadPageCount, LITTLE_ENDIAN);
        buffer.putInt(PREVIOUS_CRC_OFFSET, previousCrc, LITTLE_ENDIAN);
        buffer.putLong(RESERVED_OFFSET, 0L, LITTLE_ENDIAN);
        int crc = Crc32c.of(buffer, LENGTH_OFFSET, length - LENGTH_OFFSET);
        buffer.putInt(CRC_OFFSET, crc, LITTLE_ENDIAN);
        return crc;
    }

    /**
     * The length that the sector at {@code index} claims for a record that begins there.
     *
     * @return 0 if no record begins there, or none that fits into {@code available} bytes
     */
    static int claimedLength(MutableDirectBuffer sector, int index, long available) {
        int length = sector.getInt(index + LENGTH_OFFSET, LITTLE_ENDIAN);
        boolean possible = sector.getInt(index + MAGIC_OFFSET, LITTLE_ENDIAN) == MAGIC
                && length >= ALIGNMENT && length <= available && length % ALIGNMENT == 0;
        return possible ? length : 0;
    }

    /** Whether the {@code length} bytes in the buffer are a record of this overlay as it was written. */
    boolean isIntact(int length, UUID id) {
        return buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN) == Crc32c.of(buffer, LENGTH_OFFSET, length - LENGTH_OFFSET)
                && buffer.getLong(ID_HIGH_OFFSET, LITTLE_ENDIAN) == id.getMostSignificantBits()
                && buffer.getLong(ID_LOW_OFFSET, LITTLE_ENDIAN) == id.getLeastSignificantBits();
    }

    long seq() {
        return buffer.getLong(SEQ_OFFSET, LITTLE_ENDIAN);
    }

    long ownerEpoch() {
        return buffer.getLong(OWNER_EPOCH_OFFSET, LITTLE_ENDIAN);
    }

    int crc() {
        return buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN);
    }

    int previousCrc() {
        return buffer.getInt(PREVIOUS_CRC_OFFSET, LITTLE_ENDIAN);
    }

    /**
     * Takes over the counts of a record that was read and checks every entry.
     *
     * @param length       bytes of the record, as checked by its checksum
     * @param diskPages    pages of the disk
     * @param filePosition of the record, for messages
     */
    void open(int length, long diskPages, String fileName, long filePosition) throws CorruptDataException {
        entryCount = buffer.getInt(ENTRY_COUNT_OFFSET, LITTLE_ENDIAN);
        payloadPageCount = buffer.getInt(PAYLOAD_PAGE_COUNT_OFFSET, LITTLE_ENDIAN);
        if (entryCount < 1 || entryCount > (length - HEADER_LENGTH) / ENTRY_LENGTH) {
            throw corrupt("it counts " + entryCount + " entries", fileName, filePosition + ENTRY_COUNT_OFFSET);
        }
        if (payloadPageCount < 0 || payloadPageCount > length >>> Pages.PAGE_SHIFT || length() != length) {
            throw corrupt("it counts " + payloadPageCount + " pages of payload", fileName,
                    filePosition + PAYLOAD_PAGE_COUNT_OFFSET);
        }
        if (buffer.getLong(RESERVED_OFFSET, LITTLE_ENDIAN) != 0) {
            throw corrupt("a reserved byte is not zero", fileName, filePosition + RESERVED_OFFSET);
        }
        long payloadPages = 0;
        for (int entry = 0; entry < entryCount; entry++) {
            long page = pageIndex(entry);
            int count = pageCount(entry);
            int kind = kind(entry);
            if (page < 0 || count < 1 || page > diskPages - count || kind < PAYLOAD || kind > ZERO) {
                throw corrupt("an entry of kind " + kind + " for " + count + " pages at page " + page + " of "
                        + diskPages, fileName, filePosition + HEADER_LENGTH + (long) entry * ENTRY_LENGTH);
            }
            payloadPages += kind == PAYLOAD ? count : 0;
        }
        if (payloadPages != payloadPageCount) {
            throw corrupt("its entries need " + payloadPages + " pages of payload, not " + payloadPageCount, fileName,
                    filePosition + PAYLOAD_PAGE_COUNT_OFFSET);
        }
    }

    private static CorruptDataException corrupt(String what, String fileName, long position) {
        return new CorruptDataException(fileName, position, what);
    }
}
