package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the records that follow a checkpoint, up to the first one that is not whole, not the next in the chain of seq,
 * checksum and owner epoch, or came late from an older owner.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class JournalScan {

    private final BlockFile file;
    private final Geometry geometry;
    private final MetaFile owners;
    private final UUID id;
    private final long pageCount;
    private final MapSlot slot;
    private final long fileLength;
    private final long halfEnd;
    private final UnsafeBuffer sector = Buffers.alignedDirect(JournalRecord.ALIGNMENT);
    private JournalRecord record = new JournalRecord(Buffers.alignedDirect(JournalRecord.ALIGNMENT));
    private long position;
    private long recordPosition;
    private long lastSeq;
    private long lastEpoch;
    private int lastCrc;

    /**
     * @param owners which owners' records count
     * @param slot   the checkpoint from which on they count
     */
    JournalScan(BlockFile file, Geometry geometry, MetaFile owners, MapSlot slot) throws IOException {
        this.file = file;
        this.geometry = geometry;
        this.owners = owners;
        this.id = owners.meta().id();
        this.pageCount = owners.meta().pageCount();
        this.slot = slot;
        this.fileLength = file.size();
        this.position = Journal.halfPosition(slot.half(), geometry.halfLength());
        this.halfEnd = position + geometry.halfLength();
        this.lastSeq = slot.seq();
        this.lastEpoch = slot.ownerEpoch();
        this.lastCrc = slot.crc();
    }

    /** The next record, valid until the next call; null at the end. */
    JournalRecord next() throws IOException {
        int length = readIntact(position, halfEnd);
        if (length == 0 || record.seq() != lastSeq + 1 || record.previousCrc() != lastCrc
                || !isOfOwner()) {
            return null;
        }
        record.open(length, pageCount, file.name(), position);
        recordPosition = position;
        position += length;
        lastSeq = record.seq();
        lastEpoch = record.ownerEpoch();
        lastCrc = record.crc();
        return record;
    }

    /** Position in the file of the payload of the record that {@link #next} answered. */
    long payloadPosition() {
        return recordPosition + record.payloadIndex();
    }

    /** Seq of the last record, or of the slot if there was none. */
    long lastSeq() {
        return lastSeq;
    }

    /**
     * After {@link #next} has answered null. A crash tears the last record at most: the one after it is not begun
     * before it is durable. So a whole record behind a torn one, or one that follows a checkpoint which cannot be
     * read, means that the disk has lost what it had acknowledged.
     *
     * @throws CorruptDataException if that is so
     */
    void requireNothingNewer() throws IOException {
        long windowEnd = Math.min(halfEnd, position + geometry.maxRecordLength() + JournalRecord.ALIGNMENT);
        int length = (int) (Math.min(windowEnd, fileLength) - position);
        if (length >= JournalRecord.ALIGNMENT) {
            requireNothingNewerWithin(length);
        }
        long otherHalf = Journal.halfPosition(1 - slot.half(), geometry.halfLength());
        requireNotNewer(otherHalf, otherHalf + geometry.halfLength());
    }

    /** One read finds where records could begin, because the rest is zeros nearly always. */
    private void requireNothingNewerWithin(int length) throws IOException {
        UnsafeBuffer window = Buffers.alignedDirect(length);
        file.read(position, window, 0, length);
        for (int index = 0; index <= length - JournalRecord.ALIGNMENT; index += JournalRecord.ALIGNMENT) {
            if (JournalRecord.claimedLength(window, index, halfEnd - position) > 0) {
                requireNotNewer(position + index, halfEnd);
            }
        }
    }

    private void requireNotNewer(long at, long end) throws IOException {
        if (readIntact(at, end) > 0 && record.seq() > lastSeq && isOfOwner()) {
            throw new CorruptDataException(file.name(), at, "record " + record.seq() + " is whole, but record "
                    + (lastSeq + 1) + " before it, or the checkpoint between them, is damaged; going on would lose"
                    + " data that a client has flushed");
        }
    }

    /** False for what somebody has written who did not know yet that the overlay had a new owner. */
    private boolean isOfOwner() {
        return record.ownerEpoch() >= lastEpoch && owners.believes(record.ownerEpoch(), record.seq());
    }

    /** Length of the intact record that begins there, which is in {@link #record} then; 0 if there is none. */
    private int readIntact(long at, long end) throws IOException {
        long available = Math.min(end, fileLength) - at;
        if (available < JournalRecord.ALIGNMENT) {
            return 0;
        }
        file.read(at, sector, 0, JournalRecord.ALIGNMENT);
        int length = JournalRecord.claimedLength(sector, 0, available);
        if (length == 0) {
            return 0;
        }
        if (length > record.buffer().capacity()) {
            record = new JournalRecord(Buffers.alignedDirect(length));
        }
        file.read(at, record.buffer(), 0, length);
        return record.isIntact(length, id) ? length : 0;
    }
}
