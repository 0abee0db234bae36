package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.function.LongConsumer;

/**
 * Makes epochs durable: the only code that syncs files of an overlay in use.
 *
 * <p>Owned by the worker that commits, one at a time.
 */
final class EpochWriter {

    /** What has changed since the last epoch began. */
    enum Unsaved { NOTHING, DATA, STATES }

    private final BlockFile data;
    private final Journal journal;
    private final MapSlots slots;
    private final long ownerEpoch;
    private final LongConsumer onFinished;

    /** @param onFinished called when all is durable and nothing more will be written, with the seq of the last epoch */
    EpochWriter(BlockFile data, Journal journal, MapSlots slots, long ownerEpoch, LongConsumer onFinished) {
        this.data = data;
        this.journal = journal;
        this.slots = slots;
        this.ownerEpoch = ownerEpoch;
        this.onFinished = onFinished;
    }

    void write(Epoch epoch) throws IOException {
        switch (epoch.kind()) {
            case SYNC -> data.sync();
            case RECORD -> journal.append(epoch.record());
            case SYNC_THEN_RECORD -> {
                data.sync();
                journal.append(epoch.record());
            }
            case CHECKPOINT -> checkpoint(epoch.snapshot());
        }
    }

    /** The states were taken before this call, so the sync covers the bytes of every page that they call PRESENT. */
    void checkpoint(StateSnapshot states) throws IOException {
        data.sync();
        MapSlot next = new MapSlot(journal.lastSeq() + 1, ownerEpoch, 1 - journal.half(),
                journal.prepared(0), journal.prepared(1), 0);
        journal.startAfter(slots.write(next, states));
    }

    /** What remains to be done when no write comes any more. */
    void finish(StateSnapshot states, Unsaved unsaved) throws IOException {
        if (unsaved == Unsaved.STATES || journal.hasRecords()) {
            checkpoint(states);
        } else if (unsaved == Unsaved.DATA) {
            data.sync();
        }
        onFinished.accept(journal.lastSeq());
    }
}
