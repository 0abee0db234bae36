package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.UUID;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last durable state of an overlay: the newest whole checkpoint and the records after it.
 *
 * <p>Replay has two passes. The first, {@link #load}, only reads, and finds the last mention of each page; the second,
 * {@link #replayPayloads}, writes the pages whose last mention is a payload. With one pass, {payload P}, {zero P},
 * {P is in the data file} would put the old payload over newer data.
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class Recovery {

    /** Bytes of the journal that replay holds at a time. */
    private static final int WINDOW_LENGTH = 256 << 10;
    private static final long NONE = -1;

    private final MetaFile owners;
    private final UUID id;
    private final long pageCount;
    private final Geometry geometry;
    /** Page to the position of its payload in the journal. */
    private final Long2LongHashMap payloads = new Long2LongHashMap(NONE);
    /** Each payload that was ever met, as page and position, in the order of the journal. */
    private final LongArrayList payloadsInOrder = new LongArrayList();
    private BlockFile journal;
    private MapSlot slot;
    private int newest;
    private final int[] stored = new int[2];
    private StateMap states;
    private long lastSeq;

    private Recovery(MetaFile metaFile, Geometry geometry) {
        this.owners = metaFile;
        this.id = metaFile.meta().id();
        this.pageCount = metaFile.meta().pageCount();
        this.geometry = geometry;
    }

    /**
     * Reads, and changes nothing.
     *
     * @param metaFile      says which records count, beside what the overlay is
     * @param maps          the two slot files
     * @param journalOrNull null if there is no such file
     * @throws CorruptDataException if something is lost that had been durable
     */
    static Recovery load(MetaFile metaFile, Geometry geometry, BlockFile[] maps, BlockFile journalOrNull)
            throws IOException {
        Recovery recovery = new Recovery(metaFile, geometry);
        recovery.loadNewestSlot(maps);
        recovery.lastSeq = recovery.slot.seq();
        if (journalOrNull != null) {
            recovery.loadRecords(journalOrNull);
        } else if (recovery.slot.prepared0() > 0 || recovery.slot.prepared1() > 0) {
            throw new CorruptDataException(maps[recovery.newest].name(), 0, "it follows a journal that is missing");
        }
        return recovery;
    }

    private void loadNewestSlot(BlockFile[] maps) throws IOException {
        MapReader[] readers = {new MapReader(maps[0], id, pageCount), new MapReader(maps[1], id, pageCount)};
        MapSlot[] found = {readers[0].readHeader(), readers[1].readHeader()};
        stored[0] = readers[0].storedCount();
        stored[1] = readers[1].storedCount();
        int first = found[1] != null && (found[0] == null || found[1].seq() > found[0].seq()) ? 1 : 0;
        for (int candidate : new int[] {first, 1 - first}) {
            if (found[candidate] != null) {
                states = readers[candidate].readStates();
            }
            if (states != null) {
                slot = found[candidate];
                newest = candidate;
                return;
            }
        }
        throw new CorruptDataException(
                maps[0].name(), 0, "neither it nor " + maps[1].name() + " is a whole checkpoint");
    }

    private void loadRecords(BlockFile file) throws IOException {
        JournalScan scan = new JournalScan(file, geometry, owners, slot);
        if (!hasHeader(file)) {
            // Made, but not finished, by a crash; no record was written then.
            scan.requireNothingNewer();
            return;
        }
        journal = file;
        requirePrepared(file, 0, slot.prepared0());
        requirePrepared(file, 1, slot.prepared1());
        for (JournalRecord record = scan.next(); record != null; record = scan.next()) {
            apply(record, scan.payloadPosition());
        }
        scan.requireNothingNewer();
        lastSeq = scan.lastSeq();
    }

    /** What a checkpoint says was written with zeros had been made durable before. */
    private void requirePrepared(BlockFile file, int half, int prepared) throws IOException {
        long end = Journal.halfPosition(half, geometry.halfLength()) + prepared;
        if (prepared < 0 || prepared > geometry.halfLength() || prepared % 4096 != 0
                || prepared > 0 && file.size() < end) {
            throw new CorruptDataException(file.name(), file.size(), "half " + half + " should have " + prepared
                    + " bytes of " + geometry.halfLength());
        }
    }

    private boolean hasHeader(BlockFile file) throws IOException {
        if (file.size() < Journal.HEADER_LENGTH) {
            return false;
        }
        UnsafeBuffer buffer = Buffers.alignedDirect(Header.LENGTH);
        file.read(0, buffer, 0, Header.LENGTH);
        Header header = new Header(buffer, 0);
        if (!header.isIntact(Header.JOURNAL_MAGIC, file.name())) {
            return false;
        }
        header.require(id, Header.FIELDS_OFFSET, file.name(), 0);
        return true;
    }

    private void apply(JournalRecord record, long payloadPosition) {
        long position = payloadPosition;
        for (int entry = 0; entry < record.entryCount(); entry++) {
            long first = record.pageIndex(entry);
            int count = record.pageCount(entry);
            if (record.kind(entry) == JournalRecord.PAYLOAD) {
                for (long page = first; page < first + count; page++) {
                    payloads.put(page, position);
                    payloadsInOrder.addLong(page);
                    payloadsInOrder.addLong(position);
                    position += Pages.PAGE_SIZE;
                }
            } else {
                removePayloads(first, count);
            }
            states.set(first, count, record.kind(entry) == JournalRecord.ZERO ? Overlay.ZERO : Overlay.PRESENT);
        }
    }

    private void removePayloads(long first, int count) {
        if (count <= payloads.size()) {
            for (long page = first; page < first + count; page++) {
                payloads.remove(page);
            }
            return;
        }
        for (int i = 0; i < payloadsInOrder.size(); i += 2) {
            long page = payloadsInOrder.getLong(i);
            if (page >= first && page < first + count) {
                payloads.remove(page);
            }
        }
    }

    /**
     * Second pass. The caller makes the data durable, and then the states, before anything else is written. Goes
     * through the journal from its start, because a few large reads are sooner done than thousands of small ones.
     */
    void replayPayloads(BlockFile data) throws IOException {
        UnsafeBuffer window = Buffers.alignedDirect(WINDOW_LENGTH);
        long windowPosition = 0;
        long windowEnd = 0;
        for (int i = 0; i < payloadsInOrder.size(); i += 2) {
            long page = payloadsInOrder.getLong(i);
            long position = payloadsInOrder.getLong(i + 1);
            if (payloads.get(page) != position) {
                continue;
            }
            if (position + Pages.PAGE_SIZE > windowEnd) {
                windowPosition = position;
                windowEnd = Math.min(position + WINDOW_LENGTH, journal.size());
                journal.read(position, window, 0, (int) (windowEnd - position));
            }
            data.write(Pages.offset(page), window, (int) (position - windowPosition), Pages.PAGE_SIZE);
        }
    }

    StateMap states() {
        return states;
    }

    /** The checkpoint that the records follow. */
    MapSlot slot() {
        return slot;
    }

    /** Which of the two slot files holds it. */
    int newest() {
        return newest;
    }

    /** Regions whose bits each of the files holds. */
    int[] stored() {
        return stored;
    }

    /** Seq of the last record, or of the slot if there is none. */
    long lastSeq() {
        return lastSeq;
    }

    /** Whether there is something to replay: the overlay was not closed, or not only flushed by checkpoints. */
    boolean hasRecords() {
        return lastSeq > slot.seq();
    }

    /** The journal, if it has a header. */
    BlockFile journal() {
        return journal;
    }
}
