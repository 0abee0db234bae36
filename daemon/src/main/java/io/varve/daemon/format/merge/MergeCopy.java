package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Goes through what the child has, twice: once through its tables to know what the parent needs, once to copy.
 *
 * <p>Owned by the thread that merges.
 */
final class MergeCopy {

    /** Units between two flushes: what they change in tables is in memory until then. */
    private static final int FLUSH_UNITS = 4096;
    private static final int MAX_BUFFER_LENGTH = 1 << 20;

    private final ForeignImage child;
    private final MergeTarget target;
    private final long flushLength;
    private final UnsafeBuffer buffer;
    private final Piece piece = new Piece();
    private long saidLength;
    private long movedLength;

    /** Hears of what is durable. */
    @FunctionalInterface
    interface Listener {

        /**
         * @param movedEnd byte of the disk up to which the parent has everything
         * @param moved    bytes of {@code total}
         */
        void onMoved(long movedEnd, long moved, long total) throws IOException;
    }

    MergeCopy(ForeignImage child, MergeTarget target, long flushLength) {
        this.child = child;
        this.target = target;
        this.flushLength = flushLength;
        this.buffer = Buffers.alignedDirect((int) Math.min(MAX_BUFFER_LENGTH, target.unitLength()));
    }

    /** @param movedEnd byte of the disk from which on is to be copied, at a unit or at the end */
    void plan(long movedEnd) throws IOException {
        boolean resumed = false;
        for (long start = nextUnit(0); start < child.size(); start = nextUnit(unitEnd(start))) {
            if (!resumed && start >= movedEnd) {
                target.resumeHere();
                movedLength = saidLength;
                resumed = true;
            }
            Coverage coverage = Coverage.of(child, start, unitEnd(start));
            saidLength += coverage.saidLength();
            target.plan(start / target.unitLength(), coverage);
        }
        if (!resumed) {
            target.resumeHere();
            movedLength = saidLength;
        }
    }

    /** Copies the units from {@code movedEnd} on, which were planned. */
    void run(long movedEnd, Listener listener) throws IOException {
        long flushedLength = movedLength;
        int units = 0;
        for (long start = nextUnit(movedEnd); start < child.size(); start = nextUnit(unitEnd(start))) {
            copyUnit(start);
            units++;
            if (movedLength - flushedLength >= flushLength || units >= FLUSH_UNITS) {
                target.flush();
                flushedLength = movedLength;
                units = 0;
                listener.onMoved(unitEnd(start), movedLength, saidLength);
            }
        }
        target.flush();
    }

    private void copyUnit(long start) throws IOException {
        long end = unitEnd(start);
        target.enter(start / target.unitLength(), Coverage.of(child, start, end));
        for (long at = start; at < end; at += piece.length()) {
            child.locate(at, Math.min(buffer.capacity(), end - at), piece, true);
            int length = (int) piece.length();
            if (piece.kind() == Piece.ZERO) {
                target.zero(at, length);
            } else if (piece.kind() == Piece.DATA) {
                child.file().read(piece.position(), buffer, 0, length);
                target.write(at, buffer, 0, length);
            }
            movedLength += piece.kind() == Piece.ABSENT ? 0 : length;
        }
        target.leave();
    }

    /** Where the first unit begins, from a unit on, of which the child has something; the size if there is none. */
    private long nextUnit(long from) throws IOException {
        long at = from;
        while (at < child.size()) {
            child.locate(at, child.size() - at, piece, true);
            if (piece.kind() != Piece.ABSENT) {
                return at / target.unitLength() * target.unitLength();
            }
            at += piece.length();
        }
        return child.size();
    }

    private long unitEnd(long start) {
        return Math.min(child.size(), start + target.unitLength());
    }
}
