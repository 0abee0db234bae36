package io.varve.daemon.format.qcow2;

import io.varve.daemon.io.BlockFile;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Keeps what is written, by position; never read from.
 *
 * <p>Owned by the test that writes.
 */
final class SparseFile implements BlockFile {

    private final Map<Long, UnsafeBuffer> writes = new TreeMap<>();

    Set<Long> places() {
        return writes.keySet();
    }

    UnsafeBuffer at(long position) {
        return writes.get(position);
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) {
        UnsafeBuffer copy = new UnsafeBuffer(ByteBuffer.allocate(length));
        copy.putBytes(0, source, index, length);
        if (writes.put(position, copy) != null) {
            throw new AssertionError("written twice: " + position);
        }
    }

    @Override
    public String name() {
        return "sparse";
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) {
        throw new AssertionError("read");
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) {
        throw new AssertionError("read");
    }

    @Override
    public long size() {
        throw new AssertionError("asked for the size");
    }

    @Override
    public void sync() {}

    @Override
    public void truncate(long size) {
        throw new AssertionError("truncated");
    }

    @Override
    public void punchHole(long position, long length) {
        throw new AssertionError("punched");
    }

    @Override
    public void zeroRange(long position, long length) {
        throw new AssertionError("zeroed");
    }

    @Override
    public void advise(Advice advice, long position, long length) {}

    @Override
    public void close() {}
}
