package io.varve.daemon.format.merge;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.ReadOnlyFile;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * A file that another process makes longer, for readers that look at its length once: it is as long as it may ever
 * become, and zero where it is not yet.
 *
 * <p>Thread-safe because the file is, and the length that was seen only grows.
 */
final class GrowingFile extends ReadOnlyFile {

    private final BlockFile file;
    private final long limit;
    private volatile long knownLength;

    /** @param file closed by {@link #close} */
    GrowingFile(BlockFile file, long limit) throws IOException {
        super(file, "is open for reading");
        this.file = file;
        this.knownLength = file.size();
        this.limit = Math.max(limit, knownLength);
    }

    @Override
    public long size() {
        return limit;
    }

    /** Of a range, how much lies in the file by now. */
    private int present(long position, int length) throws IOException {
        if (length > knownLength - position) {
            knownLength = Math.max(knownLength, file.size());
        }
        return (int) Math.max(0, Math.min(length, knownLength - position));
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int present = present(position, length);
        if (present > 0) {
            return file.readNow(position, destination, index, present);
        }
        return zeros(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int present = present(position, length);
        if (present > 0) {
            file.read(position, destination, index, present);
        }
        zeros(position + present, destination, index + present, length - present);
    }

    private int zeros(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        if (length > limit - position) {
            throw new IOException(name() + ": " + length + " bytes at " + position + " lie behind its end at " + limit);
        }
        destination.setMemory(index, length, (byte) 0);
        return length;
    }
}
