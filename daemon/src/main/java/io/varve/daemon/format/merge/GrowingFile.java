package io.varve.daemon.format.merge;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A file that another process makes longer, for readers that look at its length once: it is as long as it may ever
 * become, and zero where it is not yet.
 *
 * <p>Thread-safe because the file is, and the length that was seen only grows.
 */
final class GrowingFile implements BlockFile {

    private final BlockFile file;
    private final long limit;
    private volatile long knownLength;

    /** @param file closed by {@link #close} */
    GrowingFile(BlockFile file, long limit) throws IOException {
        this.file = file;
        this.knownLength = file.size();
        this.limit = Math.max(limit, knownLength);
    }

    @Override
    public String name() {
        return file.name();
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

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        throw readOnly();
    }

    @Override
    public void sync() throws IOException {
        throw readOnly();
    }

    @Override
    public void truncate(long size) throws IOException {
        throw readOnly();
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        throw readOnly();
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        throw readOnly();
    }

    private IOException readOnly() {
        return new IOException(name() + " is open for reading");
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        file.advise(advice, position, length);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
