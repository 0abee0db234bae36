package io.varve.daemon.format.vhdx;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** A file in memory, of which only what was written takes space. Owned by the thread of the test. */
final class SparseFile implements BlockFile {

    private static final int PAGE = 4096;
    private static final byte[] ZEROS = new byte[PAGE];

    private final TreeMap<Long, byte[]> pages = new TreeMap<>();
    private long size;
    private boolean absentMinded;
    private boolean closed;

    SparseFile copy() {
        SparseFile copy = new SparseFile();
        pages.forEach((number, page) -> copy.pages.put(number, page.clone()));
        copy.size = size;
        return copy;
    }

    /** Nothing is in memory any more: what does not want to wait gets nothing. */
    void forget() {
        absentMinded = true;
    }

    boolean isClosed() {
        return closed;
    }

    void put(long position, byte... bytes) {
        for (int i = 0; i < bytes.length; ) {
            int inPage = (int) ((position + i) % PAGE);
            int count = Math.min(bytes.length - i, PAGE - inPage);
            byte[] page = pages.computeIfAbsent((position + i) / PAGE, number -> new byte[PAGE]);
            System.arraycopy(bytes, i, page, inPage, count);
            i += count;
        }
        size = Math.max(size, position + bytes.length);
    }

    /** What lies behind the end is zero. */
    byte[] get(long position, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; ) {
            int inPage = (int) ((position + i) % PAGE);
            int count = Math.min(length - i, PAGE - inPage);
            System.arraycopy(pages.getOrDefault((position + i) / PAGE, ZEROS), inPage, bytes, i, count);
            i += count;
        }
        return bytes;
    }

    @Override
    public String name() {
        return "sparse";
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        if (absentMinded) {
            return WOULD_BLOCK;
        }
        read(position, destination, index, length);
        return length;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        if (position < 0 || length > size - position) {
            throw new TruncatedFileException(name(), size);
        }
        destination.putBytes(index, get(position, length));
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) {
        byte[] bytes = new byte[length];
        source.getBytes(index, bytes);
        put(position, bytes);
    }

    @Override
    public void sync() { }

    @Override
    public void truncate(long newSize) {
        size = newSize;
        pages.tailMap((newSize + PAGE - 1) / PAGE).clear();
    }

    @Override
    public void punchHole(long position, long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void zeroRange(long position, long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void advise(Advice advice, long position, long length) { }

    @Override
    public void close() {
        closed = true;
    }
}
