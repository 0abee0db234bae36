package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.vhdx.ReplayMap.Range;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.ReadOnlyFile;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * A file as it would be if its log had been replayed. It can only be read.
 *
 * <p>Thread-safe because what the log says does not change.
 */
final class ReplayedFile extends ReadOnlyFile {

    private static final int BYTE_BITS = 8;

    private final BlockFile file;
    private final long fileLength;
    private final ReplayMap map;

    /** @param file closed with this */
    ReplayedFile(BlockFile file, ReplayMap map) throws IOException {
        super(file, "has a log that was not replayed on disk, so it can only be read");
        this.file = file;
        this.fileLength = file.size();
        this.map = map;
    }

    @Override
    public long size() {
        return map.length();
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int done = 0;
        while (done < length) {
            done += readPart(position + done, destination, index + done, length - done, true);
        }
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return readPart(position, destination, index, length, false);
    }

    /** As far as the bytes come from one place. */
    private int readPart(long position, MutableDirectBuffer destination, int index, int length, boolean mayWait)
            throws IOException {
        Range range = map.at(position);
        if (range == null || range.start() > position) {
            long end = range == null ? map.length() : range.start();
            int partLength = (int) Math.min(length, end - position);
            return readUnchanged(position, destination, index, partLength, mayWait);
        }
        int partLength = (int) Math.min(length, range.end() - position);
        if (range.inLogPosition() == ReplayMap.ZERO) {
            destination.setMemory(index, partLength, (byte) 0);
            return partLength;
        }
        int from = (int) (position - range.start());
        int count = readPlain(range.inLogPosition() + from, destination, index, partLength, mayWait);
        int base = index - from;
        patch(destination, base, from, Math.min(from + count, LogEntry.LEADING_LENGTH), range.leading());
        patch(destination, base + LogEntry.SEQUENCE_LOW_INDEX, Math.max(from - LogEntry.SEQUENCE_LOW_INDEX, 0),
                from + count - LogEntry.SEQUENCE_LOW_INDEX, range.trailing());
        return count;
    }

    /** Puts bytes {@code from} to {@code to} of a number, the lowest is 0, where they belong. */
    private static void patch(MutableDirectBuffer destination, int base, int from, int to, long number) {
        for (int at = from; at < to; at++) {
            destination.putByte(base + at, (byte) (number >>> at * BYTE_BITS));
        }
    }

    /** What the log lengthens the file by is zero. */
    private int readUnchanged(long position, MutableDirectBuffer destination, int index, int length, boolean mayWait)
            throws IOException {
        if (position < 0 || length <= 0) {
            throw new TruncatedFileException(name(), position);
        }
        if (position >= fileLength) {
            destination.setMemory(index, length, (byte) 0);
            return length;
        }
        return readPlain(position, destination, index, (int) Math.min(length, fileLength - position), mayWait);
    }

    private int readPlain(long position, MutableDirectBuffer destination, int index, int length, boolean mayWait)
            throws IOException {
        if (!mayWait) {
            return file.readNow(position, destination, index, length);
        }
        file.read(position, destination, index, length);
        return length;
    }
}
