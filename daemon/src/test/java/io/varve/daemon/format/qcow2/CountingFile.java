package io.varve.daemon.format.qcow2;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Counts reads of one place, and can have nothing in memory.
 *
 * <p>Owned by the test that reads.
 */
final class CountingFile implements BlockFile {

    private final BlockFile inner;
    private final long place;
    private int count;
    private boolean blocking;

    CountingFile(BlockFile inner, long place) {
        this.inner = inner;
        this.place = place;
    }

    int count() {
        return count;
    }

    void block(boolean on) {
        blocking = on;
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return blocking ? BlockSource.WOULD_BLOCK : inner.readNow(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        count += position == place ? 1 : 0;
        inner.read(position, destination, index, length);
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public long size() throws IOException {
        return inner.size();
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        inner.write(position, source, index, length);
    }

    @Override
    public void sync() throws IOException {
        inner.sync();
    }

    @Override
    public void truncate(long size) throws IOException {
        inner.truncate(size);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        inner.punchHole(position, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        inner.zeroRange(position, length);
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        inner.advise(advice, position, length);
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }
}
