package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The log of a file whose program ended before it had put everything in its place (section 2.3).
 *
 * <p>Thread-safe because it has no state.
 */
final class Log {

    /** Bytes. Hyper-V makes logs of 1 MiB; this bounds the time of a scan. */
    static final long MAX_LENGTH = 256 << 20;

    private Log() {}

    /**
     * The file as it is when its log has been replayed; the file itself is left as it is.
     *
     * @return {@code file} if there is nothing to replay
     * @throws CorruptDataException if the log cannot be replayed
     */
    static BlockFile replayed(BlockFile file, Header header) throws IOException {
        if (header.logGuid().equals(Guids.NONE)) {
            return file;
        }
        if (header.logVersion() != 0) {
            throw new UnsupportedImageException(file.name(), "has a log of version " + header.logVersion()
                    + " to be replayed", "open it once with the program that wrote it");
        }
        long position = header.logPosition();
        long length = header.logLength();
        if (!Structures.isPlace(position, length) || length > file.size() - position) {
            throw new CorruptDataException(file.name(), header.position() + Header.LOG_POSITION_INDEX,
                    "a log of " + length + " bytes cannot be at " + position + " of a file of " + file.size());
        }
        if (length > MAX_LENGTH) {
            throw new UnsupportedImageException(file.name(), "has a log of " + length + " bytes to be replayed",
                    "at most " + MAX_LENGTH + " are read here; open it once with the program that wrote it");
        }
        LogScanner scanner = new LogScanner(file, position, length, header.logGuid());
        List<LogEntry> sequence = activeSequence(scanner, length);
        if (sequence.isEmpty()) {
            throw new CorruptDataException(file.name(), position,
                    "the log should be replayed, but holds no valid sequence of entries");
        }
        LogEntry last = sequence.get(sequence.size() - 1);
        if (last.flushedLength() < 0 || last.lastLength() < 0 || file.size() < last.flushedLength()) {
            throw new CorruptDataException(file.name(), position + last.offset() + LogEntry.FLUSHED_LENGTH_INDEX,
                    "the file has " + file.size() + " bytes, but the log was written when it had "
                            + last.flushedLength() + ": it was cut");
        }
        ReplayMap.Builder map = new ReplayMap.Builder(file.name(), Math.max(file.size(), last.lastLength()));
        for (LogEntry entry : sequence) {
            scanner.replay(entry, map);
        }
        return new ReplayedFile(file, map.build());
    }

    /**
     * The sequence with the highest number (section 2.3.2): entries one behind the other, of which the last says that
     * replaying begins with one of them.
     *
     * <p>Design note: a run that is no valid sequence is skipped whole, because what begins later in it ends with the
     * same last entry, and holds less.
     *
     * @return from the entry on with which replaying begins; empty if there is none
     */
    private static List<LogEntry> activeSequence(LogScanner scanner, long logLength) throws IOException {
        List<LogEntry> active = List.of();
        long start = 0;
        while (start < logLength) {
            List<LogEntry> run = new ArrayList<>();
            long runLength = 0;
            LogEntry entry = scanner.entryAt(start);
            while (entry != null && runLength + entry.length() <= logLength && follows(run, entry)) {
                run.add(entry);
                runLength += entry.length();
                entry = scanner.entryAt((start + runLength) % logLength);
            }
            int first = tailIndex(run);
            if (first >= 0 && (active.isEmpty() || number(run) > number(active))) {
                active = run.subList(first, run.size());
            }
            start += Math.max(runLength, LogEntry.SECTOR_LENGTH);
        }
        return active;
    }

    private static boolean follows(List<LogEntry> run, LogEntry entry) {
        return run.isEmpty() || entry.sequenceNumber() == number(run) + 1;
    }

    private static long number(List<LogEntry> run) {
        return run.get(run.size() - 1).sequenceNumber();
    }

    /** Of the entry that the last one names as the first to be replayed; -1 if it is not in the run. */
    private static int tailIndex(List<LogEntry> run) {
        for (int i = run.size() - 1; i >= 0; i--) {
            if (run.get(i).offset() == run.get(run.size() - 1).tailOffset()) {
                return i;
            }
        }
        return -1;
    }
}
