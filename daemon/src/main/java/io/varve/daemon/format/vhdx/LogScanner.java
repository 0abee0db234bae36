package io.varve.daemon.format.vhdx;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the log sector by sector, and says where a valid entry is. An entry is only valid if no other can begin inside
 * it, so that a whole log is scanned in time that grows with its length, whatever is in it.
 *
 * <p>Owned by the thread that opens the file.
 */
final class LogScanner {

    private final BlockFile file;
    private final long logPosition;
    private final long logLength;
    private final UUID logGuid;
    private final ByteBuffer view = ByteBuffer.allocateDirect(LogEntry.SECTOR_LENGTH);
    private final UnsafeBuffer sector = new UnsafeBuffer(view);
    private final CRC32C checksum = new CRC32C();

    /** What a descriptor does: called in the order of the log. */
    interface Effects {

        /**
         * @param position      byte in the file where 4096 bytes become other ones
         * @param inLogPosition byte in the file where these are, but for the first 8 and the last 4
         */
        void data(long position, long inLogPosition, long leading, int trailing) throws IOException;

        /** @param length bytes, may be 0 */
        void zero(long position, long length) throws IOException;
    }

    /** @param logLength multiple of 4096, above 0; the file is that long */
    LogScanner(BlockFile file, long logPosition, long logLength, UUID logGuid) {
        this.file = file;
        this.logPosition = logPosition;
        this.logLength = logLength;
        this.logGuid = logGuid;
    }

    /** @return null if no valid entry begins there */
    LogEntry entryAt(long offset) throws IOException {
        read(offset, 0);
        if (intAt(0) != LogEntry.SIGNATURE || !Guids.get(sector, LogEntry.LOG_GUID_INDEX).equals(logGuid)) {
            return null;
        }
        int stored = intAt(Structures.CHECKSUM_INDEX);
        LogEntry entry = new LogEntry(offset,
                intAt(LogEntry.LENGTH_INDEX) & 0xffffffffL,
                intAt(LogEntry.TAIL_INDEX) & 0xffffffffL,
                longAt(LogEntry.SEQUENCE_NUMBER_INDEX),
                intAt(LogEntry.DESCRIPTOR_COUNT_INDEX),
                longAt(LogEntry.FLUSHED_LENGTH_INDEX),
                longAt(LogEntry.LAST_LENGTH_INDEX));
        return isPossible(entry) && isWhole(entry, stored) ? entry : null;
    }

    private boolean isPossible(LogEntry entry) {
        return entry.length() > 0 && entry.length() <= logLength && entry.length() % LogEntry.SECTOR_LENGTH == 0
                && entry.tailOffset() < logLength && entry.tailOffset() % LogEntry.SECTOR_LENGTH == 0
                && entry.sequenceNumber() > 0 && entry.sequenceNumber() < Long.MAX_VALUE
                && entry.descriptorCount() >= 0 && entry.headSectorCount() <= entry.sectorCount();
    }

    private boolean isWhole(LogEntry entry, int storedChecksum) throws IOException {
        checksum.reset();
        int dataCount = 0;
        for (int i = 0; i < entry.sectorCount(); i++) {
            read(entry.offset(), i);
            if (i == 0) {
                sector.putInt(Structures.CHECKSUM_INDEX, 0);
            } else if (intAt(0) == LogEntry.SIGNATURE) {
                return false;
            }
            checksum.update(view.clear());
            if (i < entry.headSectorCount()) {
                int count = dataDescriptors(entry, i);
                if (count < 0) {
                    return false;
                }
                dataCount += count;
            } else if (i - entry.headSectorCount() < dataCount && !isSectorOf(entry)) {
                return false;
            }
        }
        return dataCount <= entry.sectorCount() - entry.headSectorCount()
                && (int) checksum.getValue() == storedChecksum;
    }

    /** In the sector that was read; -1 if a descriptor is none. */
    private int dataDescriptors(LogEntry entry, int sectorIndex) {
        int dataCount = 0;
        int end = endOfDescriptors(entry, sectorIndex);
        for (int index = startOfDescriptors(sectorIndex); index < end; index += LogEntry.DESCRIPTOR_LENGTH) {
            int signature = intAt(index);
            long position = longAt(index + LogEntry.POSITION_INDEX);
            long length = signature == LogEntry.ZERO_SIGNATURE
                    ? longAt(index + LogEntry.ZERO_LENGTH_INDEX)
                    : LogEntry.SECTOR_LENGTH;
            if (signature != LogEntry.ZERO_SIGNATURE && signature != LogEntry.DATA_SIGNATURE
                    || longAt(index + LogEntry.DESCRIPTOR_SEQUENCE_INDEX) != entry.sequenceNumber()
                    || !isRange(position, length)) {
                return -1;
            }
            dataCount += signature == LogEntry.DATA_SIGNATURE ? 1 : 0;
        }
        return dataCount;
    }

    private static boolean isRange(long position, long length) {
        return position >= 0 && length >= 0 && length <= Long.MAX_VALUE - position
                && position % LogEntry.SECTOR_LENGTH == 0 && length % LogEntry.SECTOR_LENGTH == 0;
    }

    private boolean isSectorOf(LogEntry entry) {
        return intAt(0) == LogEntry.SECTOR_SIGNATURE
                && intAt(LogEntry.SEQUENCE_HIGH_INDEX) == (int) (entry.sequenceNumber() >>> 32)
                && intAt(LogEntry.SEQUENCE_LOW_INDEX) == (int) entry.sequenceNumber();
    }

    /**
     * @param entry that {@link #entryAt} found
     * @throws CorruptDataException if the file was changed since
     */
    void replay(LogEntry entry, Effects effects) throws IOException {
        int dataIndex = entry.headSectorCount();
        for (int i = 0; i < entry.headSectorCount(); i++) {
            read(entry.offset(), i);
            int dataCount = dataDescriptors(entry, i);
            if (dataCount < 0 || dataCount > entry.sectorCount() - dataIndex) {
                throw new CorruptDataException(
                        file.name(), positionOf(entry.offset(), i), "the log changes while it is read");
            }
            int end = endOfDescriptors(entry, i);
            for (int index = startOfDescriptors(i); index < end; index += LogEntry.DESCRIPTOR_LENGTH) {
                long position = longAt(index + LogEntry.POSITION_INDEX);
                if (intAt(index) == LogEntry.ZERO_SIGNATURE) {
                    effects.zero(position, longAt(index + LogEntry.ZERO_LENGTH_INDEX));
                } else {
                    effects.data(position, positionOf(entry.offset(), dataIndex++),
                            longAt(index + LogEntry.LEADING_INDEX), intAt(index + LogEntry.TRAILING_INDEX));
                }
            }
        }
    }

    private static int startOfDescriptors(int sectorIndex) {
        return sectorIndex == 0 ? LogEntry.HEADER_LENGTH : 0;
    }

    private static int endOfDescriptors(LogEntry entry, int sectorIndex) {
        long end = LogEntry.HEADER_LENGTH + (long) entry.descriptorCount() * LogEntry.DESCRIPTOR_LENGTH;
        return (int) Math.min(LogEntry.SECTOR_LENGTH, end - (long) sectorIndex * LogEntry.SECTOR_LENGTH);
    }

    private void read(long offset, int sectorIndex) throws IOException {
        file.read(positionOf(offset, sectorIndex), sector, 0, LogEntry.SECTOR_LENGTH);
    }

    /** Of a sector of the entry at {@code offset}; entries go around the end of the log. */
    private long positionOf(long offset, int sectorIndex) {
        return logPosition + (offset + (long) sectorIndex * LogEntry.SECTOR_LENGTH) % logLength;
    }

    private int intAt(int index) {
        return sector.getInt(index, ByteOrder.LITTLE_ENDIAN);
    }

    private long longAt(int index) {
        return sector.getLong(index, ByteOrder.LITTLE_ENDIAN);
    }
}
