package io.varve.daemon.io;

import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A file that much is written to: after the first 256 MiB, long writes of whole pages leave the page cache alone. They
 * need not be copied there and back out, and what others read stays in memory.
 *
 * <p>Owned by the thread that writes the file; {@link #sync} may run on another one.
 */
public final class BulkFile implements BlockFile {

    /** Bytes at the beginning that stay in the page cache, so that what is small is read from memory at once. */
    public static final long CACHED_LENGTH = 256L << 20;
    /** Shorter ones would wait for the disk more often than they are worth. */
    private static final int MIN_LENGTH = 512 * 1024;

    private final BlockFile cached;
    private final BlockFile uncached;
    private final long cachedLength;
    private final int minLength;
    private long writtenLength;

    /**
     * @param cached       becomes this object's own
     * @param uncached     the same file, becomes this object's own
     * @param cachedLength bytes that are written through the page cache before anything else is
     * @param minLength    bytes; shorter writes go through it always
     */
    BulkFile(BlockFile cached, BlockFile uncached, long cachedLength, int minLength) {
        this.cached = cached;
        this.uncached = uncached;
        this.cachedLength = cachedLength;
        this.minLength = minLength;
    }

    /** Opens a file that exists, for reading and writing. */
    public static BulkFile open(FileSpace space, Path path) throws IOException {
        BlockFile cached = space.open(path, OpenMode.READ_WRITE);
        try {
            return new BulkFile(cached, space.open(path, OpenMode.READ_WRITE_UNCACHED), CACHED_LENGTH, MIN_LENGTH);
        } catch (IOException e) {
            cached.close();
            throw e;
        }
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        writtenLength += length;
        boolean whole = (position | index | length) % Pages.PAGE_SIZE == 0;
        if (whole && length >= minLength && writtenLength > cachedLength) {
            uncached.write(position, source, index, length);
        } else {
            cached.write(position, source, index, length);
        }
    }

    @Override
    public String name() {
        return cached.name();
    }

    @Override
    public long size() throws IOException {
        return cached.size();
    }

    @Override
    public long nextData(long position) throws IOException {
        return cached.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return cached.nextHole(position);
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return cached.readNow(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        cached.read(position, destination, index, length);
    }

    @Override
    public void readQuietly(long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        cached.readQuietly(position, destination, index, length);
    }

    /** Of both ways: it is one file. */
    @Override
    public void sync() throws IOException {
        cached.sync();
    }

    @Override
    public void truncate(long size) throws IOException {
        cached.truncate(size);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        cached.punchHole(position, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        cached.zeroRange(position, length);
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        cached.advise(advice, position, length);
    }

    @Override
    public void close() throws IOException {
        try (cached) {
            uncached.close();
        }
    }
}
