package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import java.io.IOException;

/**
 * Decides how an epoch is made durable, and takes the copies that its record needs, at one instant on the agent's
 * thread: no write can come between two pages of an epoch, and no lock is needed.
 *
 * <p>Owned by the thread that owns the overlay.
 */
final class EpochBuilder {

    private final DirtyPages dirty;
    private final StateMap states;
    private final BlockSource data;
    private final Journal journal;
    private final Geometry geometry;
    private final RecordBuffers buffers;

    EpochBuilder(DirtyPages dirty, StateMap states, BlockSource data, Journal journal, Geometry geometry,
            RecordBuffers buffers) {
        this.dirty = dirty;
        this.states = states;
        this.data = data;
        this.journal = journal;
        this.geometry = geometry;
        this.buffers = buffers;
    }

    /** Moves all that is dirty into the epoch. Nothing else uses the journal during the call. */
    void begin(Epoch epoch) {
        if (dirty.changed().isEmpty() && !dirty.overwritten().intersects(dirty.live())) {
            epoch.sync();
        } else {
            beginWithStates(epoch);
        }
        dirty.beginEpoch();
    }

    /** The same as a checkpoint. */
    void beginCheckpoint(Epoch epoch) {
        epoch.checkpoint(states.snapshot());
        dirty.beginEpoch();
    }

    private void beginWithStates(Epoch epoch) {
        Epoch.Kind kind = describe(epoch.takeBuffer(buffers));
        if (kind == Epoch.Kind.CHECKPOINT) {
            epoch.giveBuffer(buffers);
            epoch.checkpoint(states.snapshot());
        } else {
            epoch.record(kind);
        }
    }

    private Epoch.Kind describe(JournalRecord record) {
        boolean few = addChanged(record, JournalRecord.PAYLOAD) && addOverwrittenPayload(record);
        if (few && !fits(record)) {
            // The half is full: a shorter record of two syncs may find room still, but would only put it off.
            return Epoch.Kind.CHECKPOINT;
        }
        if (few && readPayload(record)) {
            return Epoch.Kind.RECORD;
        }
        return describeInPlace(record) ? Epoch.Kind.SYNC_THEN_RECORD : Epoch.Kind.CHECKPOINT;
    }

    private boolean describeInPlace(JournalRecord record) {
        record.clear();
        return addChanged(record, JournalRecord.IN_PLACE) && addRevoked(record) && fits(record);
    }

    private boolean fits(JournalRecord record) {
        return record.length() <= Math.min(journal.room(), geometry.maxRecordLength());
    }

    private boolean addChanged(JournalRecord record, int presentKind) {
        PageSet changed = dirty.changed();
        for (long page = changed.next(0); page >= 0; page = changed.next(page)) {
            long end = page + changed.runLength(page, states.pageCount() - page);
            while (page < end) {
                long run = states.runLength(page, end - page);
                int kind = states.state(page) == Overlay.ZERO ? JournalRecord.ZERO : presentKind;
                if (kind == JournalRecord.PAYLOAD && run > geometry.maxPayloadPages() - record.payloadPageCount()
                        || !record.add(kind, page, run)) {
                    return false;
                }
                page += run;
            }
        }
        return true;
    }

    /** A record with payload saves the sync of the data file, so it must hold all bytes of the epoch. */
    private boolean addOverwrittenPayload(JournalRecord record) {
        PageSet overwritten = dirty.overwritten();
        PageSet changed = dirty.changed();
        for (long page = overwritten.next(0); page >= 0; page = overwritten.next(page)) {
            long end = page + overwritten.runLength(page, states.pageCount() - page);
            while (page < end) {
                if (changed.contains(page)) {
                    page += changed.runLength(page, end - page);
                    continue;
                }
                long changedPage = changed.next(page);
                long run = (changedPage < 0 ? end : Math.min(end, changedPage)) - page;
                if (run > geometry.maxPayloadPages() - record.payloadPageCount()
                        || !record.add(JournalRecord.PAYLOAD, page, run)) {
                    return false;
                }
                page += run;
            }
        }
        return true;
    }

    /** Older payloads of these pages must not be replayed over what the data file holds. */
    private boolean addRevoked(JournalRecord record) {
        PageSet live = dirty.live();
        for (long page = live.next(0); page >= 0; page = live.next(page + 1)) {
            if (dirty.overwritten().contains(page) && !dirty.changed().contains(page)
                    && !record.add(JournalRecord.IN_PLACE, page, 1)) {
                return false;
            }
        }
        return true;
    }

    /** False if a page is no longer in memory: the epoch then syncs the data file rather than wait here. */
    private boolean readPayload(JournalRecord record) {
        int index = record.payloadIndex();
        try {
            for (int entry = 0; entry < record.entryCount(); entry++) {
                if (record.kind(entry) != JournalRecord.PAYLOAD) {
                    continue;
                }
                long position = Pages.offset(record.pageIndex(entry));
                int length = record.pageCount(entry) << Pages.PAGE_SHIFT;
                for (int done = 0; done < length; ) {
                    int count = data.readNow(position + done, record.buffer(), index + done, length - done);
                    if (count == BlockSource.WOULD_BLOCK) {
                        return false;
                    }
                    done += count;
                }
                index += length;
            }
            return true;
        } catch (IOException unreadable) {
            // If bytes were lost on their way to the disk, the sync that comes instead tells, and fails the overlay.
            return false;
        }
    }
}
