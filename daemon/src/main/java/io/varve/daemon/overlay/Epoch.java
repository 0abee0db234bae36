package io.varve.daemon.overlay;

import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one commit makes durable and how. One object per overlay, used again for each commit.
 *
 * <p>Owned by the agent until it hands it to a worker, then by the worker until that hands it back.
 */
final class Epoch {

    enum Kind {
        /** Only committed pages were overwritten: one sync of the data file. */
        SYNC,
        /** All bytes are in the record: one sync of the journal. */
        RECORD,
        /** The bytes are made durable in the data file first: two syncs. */
        SYNC_THEN_RECORD,
        /** More than the journal takes: the data file, then a map slot. */
        CHECKPOINT
    }

    private Kind kind;
    private UnsafeBuffer buffer;
    private JournalRecord record;
    private StateSnapshot snapshot;
    private IOException failure;

    void sync() {
        kind = Kind.SYNC;
    }

    /** @param kind one of the two with a record, which is the one of {@link #takeBuffer} */
    void record(Kind kind) {
        this.kind = kind;
    }

    void checkpoint(StateSnapshot states) {
        kind = Kind.CHECKPOINT;
        snapshot = states;
    }

    /** An empty record in a buffer of the pool. */
    JournalRecord takeBuffer(RecordBuffers buffers) {
        UnsafeBuffer taken = buffers.take();
        if (taken != buffer) {
            buffer = taken;
            record = new JournalRecord(taken);
        }
        record.clear();
        return record;
    }

    void giveBuffer(RecordBuffers buffers) {
        buffers.give(buffer);
    }

    Kind kind() {
        return kind;
    }

    boolean hasRecord() {
        return kind == Kind.RECORD || kind == Kind.SYNC_THEN_RECORD;
    }

    JournalRecord record() {
        return record;
    }

    StateSnapshot snapshot() {
        return snapshot;
    }

    /** Null if the epoch is durable. */
    IOException failure() {
        return failure;
    }

    void finish(IOException failureOrNull) {
        failure = failureOrNull;
        snapshot = null;
    }
}
