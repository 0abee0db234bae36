package io.varve.daemon.boot;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a pack says about itself: which pages of the disk it holds, in which order, and their checksums. The format is
 * in the package description.
 *
 * <p>Immutable, but for {@link #setCrc} while the pack is written.
 */
final class PackTable {

    static final long MAGIC = 0x4B41504556524156L; // "VARVEPAK" as little-endian bytes
    static final int VERSION = 1;
    static final int VERSION_OFFSET = 8;
    static final int RANGE_COUNT_OFFSET = 12;
    static final int DISK_PAGES_OFFSET = 16;
    static final int PAGE_COUNT_OFFSET = 24;
    static final int SUBJECT_LENGTH_OFFSET = 28;
    static final int FIXED_LENGTH = 32;
    static final int RANGE_LENGTH = 16;
    static final int CRC_LENGTH = 4;

    private final String subject;
    private final long diskPageCount;
    private final List<PageRange> ranges;
    private final int[] crcs;

    /** @param ranges 1 to {@link Sequence#MAX_PAGES} pages of the disk, in the order of the pack */
    PackTable(String subject, long diskPageCount, List<PageRange> ranges) {
        this(subject, diskPageCount, List.copyOf(ranges),
                new int[ranges.stream().mapToInt(PageRange::pageCount).sum()]);
    }

    private PackTable(String subject, long diskPageCount, List<PageRange> ranges, int[] crcs) {
        this.subject = subject;
        this.diskPageCount = diskPageCount;
        this.ranges = ranges;
        this.crcs = crcs;
    }

    String subject() {
        return subject;
    }

    long diskPageCount() {
        return diskPageCount;
    }

    List<PageRange> ranges() {
        return ranges;
    }

    /** Pages of all ranges. */
    int pageCount() {
        return crcs.length;
    }

    /** CRC32C. @param slot of the page in the pack */
    int crc(int slot) {
        return crcs[slot];
    }

    void setCrc(int slot, int crc) {
        crcs[slot] = crc;
    }

    /** Byte of the file at which the first page lies. */
    long dataPosition() {
        return dataPosition(subject.length(), ranges.size(), crcs.length);
    }

    private static long dataPosition(int subjectLength, int rangeCount, int pageCount) {
        return Pages.offset(Pages.count(tableLength(subjectLength, rangeCount, pageCount)));
    }

    private static int tableLength(int subjectLength, int rangeCount, int pageCount) {
        return FIXED_LENGTH + subjectLength + RANGE_LENGTH * rangeCount + CRC_LENGTH * pageCount + CRC_LENGTH;
    }

    /** Whole pages. */
    UnsafeBuffer encode() {
        final UnsafeBuffer buffer = Buffers.alignedDirect((int) dataPosition());
        buffer.setMemory(0, buffer.capacity(), (byte) 0);
        buffer.putLong(0, MAGIC, LITTLE_ENDIAN);
        buffer.putInt(VERSION_OFFSET, VERSION, LITTLE_ENDIAN);
        buffer.putInt(RANGE_COUNT_OFFSET, ranges.size(), LITTLE_ENDIAN);
        buffer.putLong(DISK_PAGES_OFFSET, diskPageCount, LITTLE_ENDIAN);
        buffer.putInt(PAGE_COUNT_OFFSET, crcs.length, LITTLE_ENDIAN);
        buffer.putInt(SUBJECT_LENGTH_OFFSET, subject.length(), LITTLE_ENDIAN);
        buffer.putBytes(FIXED_LENGTH, subject.getBytes(StandardCharsets.US_ASCII));
        int index = FIXED_LENGTH + subject.length();
        for (final PageRange range : ranges) {
            buffer.putLong(index, range.pageIndex(), LITTLE_ENDIAN);
            buffer.putInt(index + Long.BYTES, range.pageCount(), LITTLE_ENDIAN);
            index += RANGE_LENGTH;
        }
        for (final int crc : crcs) {
            buffer.putInt(index, crc, LITTLE_ENDIAN);
            index += CRC_LENGTH;
        }
        buffer.putInt(index, Crc32c.of(buffer, 0, index), LITTLE_ENDIAN);
        return buffer;
    }

    /**
     * @throws CorruptDataException   if the file is damaged, or cut
     * @throws FormatVersionException if another version wrote it
     */
    static PackTable read(BlockFile file) throws IOException {
        final long size = file.size();
        if (size < FIXED_LENGTH) {
            throw new CorruptDataException(file.name(), 0, "a pack of " + size + " bytes");
        }
        final UnsafeBuffer fixed = Buffers.alignedDirect(FIXED_LENGTH);
        file.read(0, fixed, 0, FIXED_LENGTH);
        if (fixed.getLong(0, LITTLE_ENDIAN) != MAGIC) {
            throw new CorruptDataException(file.name(), 0, "no pack");
        }
        if (fixed.getInt(VERSION_OFFSET, LITTLE_ENDIAN) != VERSION) {
            throw new FormatVersionException(
                    file.name(), fixed.getInt(VERSION_OFFSET, LITTLE_ENDIAN), VERSION, VERSION);
        }
        final int rangeCount = fixed.getInt(RANGE_COUNT_OFFSET, LITTLE_ENDIAN);
        final int pageCount = fixed.getInt(PAGE_COUNT_OFFSET, LITTLE_ENDIAN);
        final int subjectLength = fixed.getInt(SUBJECT_LENGTH_OFFSET, LITTLE_ENDIAN);
        if (pageCount < 1 || pageCount > Sequence.MAX_PAGES || rangeCount < 1 || rangeCount > pageCount
                || subjectLength < 1 || subjectLength > ProfileFile.MAX_SUBJECT_LENGTH) {
            throw new CorruptDataException(file.name(), RANGE_COUNT_OFFSET, "a pack of " + pageCount + " pages in "
                    + rangeCount + " ranges, a subject of " + subjectLength);
        }
        final long rightSize = dataPosition(subjectLength, rangeCount, pageCount) + Pages.offset(pageCount);
        if (size != rightSize) {
            throw new CorruptDataException(file.name(), Math.min(size, rightSize), "it is " + size + " bytes long, "
                    + rightSize + " are right");
        }
        final int length = tableLength(subjectLength, rangeCount, pageCount);
        final UnsafeBuffer table = Buffers.alignedDirect(length);
        file.read(0, table, 0, length);
        if (Crc32c.of(table, 0, length - CRC_LENGTH) != table.getInt(length - CRC_LENGTH, LITTLE_ENDIAN)) {
            throw new CorruptDataException(file.name(), length - CRC_LENGTH, "the checksum of its table is wrong");
        }
        return decode(file.name(), table, subjectLength, rangeCount, pageCount);
    }

    private static PackTable decode(String name, UnsafeBuffer table, int subjectLength, int rangeCount, int pageCount)
            throws CorruptDataException {
        final byte[] subject = new byte[subjectLength];
        table.getBytes(FIXED_LENGTH, subject);
        final long diskPageCount = table.getLong(DISK_PAGES_OFFSET, LITTLE_ENDIAN);
        final List<PageRange> ranges = new ArrayList<>(rangeCount);
        int index = FIXED_LENGTH + subjectLength;
        long pages = 0;
        for (int i = 0; i < rangeCount; i++, index += RANGE_LENGTH) {
            final long first = table.getLong(index, LITTLE_ENDIAN);
            final int count = table.getInt(index + Long.BYTES, LITTLE_ENDIAN);
            if (count < 1 || first < 0 || first > diskPageCount - count) {
                throw new CorruptDataException(name, index, count + " pages at " + first + " of a disk of "
                        + diskPageCount);
            }
            pages += count;
            ranges.add(new PageRange(first, count));
        }
        if (pages != pageCount) {
            throw new CorruptDataException(name, PAGE_COUNT_OFFSET, pages + " pages in ranges, not " + pageCount);
        }
        final int[] crcs = new int[pageCount];
        for (int i = 0; i < pageCount; i++) {
            crcs[i] = table.getInt(index + CRC_LENGTH * i, LITTLE_ENDIAN);
        }
        return new PackTable(new String(subject, StandardCharsets.US_ASCII), diskPageCount, ranges, crcs);
    }
}
