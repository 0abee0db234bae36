package io.varve.daemon.format.qcow2;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.ForwardingFile;
import java.io.IOException;
import org.agrona.MutableDirectBuffer;

/**
 * Counts reads of one place, and can have nothing in memory.
 *
 * <p>Owned by the test that reads.
 */
final class CountingFile extends ForwardingFile {

    private final long place;
    private int count;
    private boolean blocking;

    CountingFile(BlockFile inner, long place) {
        super(inner);
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
        return blocking ? BlockSource.WOULD_BLOCK : super.readNow(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        count += position == place ? 1 : 0;
        super.read(position, destination, index, length);
    }
}
