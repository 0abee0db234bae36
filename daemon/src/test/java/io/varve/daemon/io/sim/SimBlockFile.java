package io.varve.daemon.io.sim;

import io.varve.daemon.io.BlockFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * An open file of a simulated disk. Like the real one it takes off-heap buffers only.
 *
 * <p>Thread-safe because every call holds the lock of the file space.
 */
final class SimBlockFile implements BlockFile {

    private final SimFileSpace space;
    private final Path path;
    private final SimFile file;
    private final boolean writable;
    private boolean closed;

    SimBlockFile(SimFileSpace space, Path path, SimFile file, boolean writable) {
        this.space = space;
        this.path = path;
        this.file = file;
        this.writable = writable;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public long size() throws IOException {
        synchronized (space) {
            requireOpen();
            return file.current().size();
        }
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        synchronized (space) {
            requireOpen();
            if (position >= file.current().size()) {
                throw new EOFException(path + " ends before " + position);
            }
            int count = space.residentLength((int) Math.min(length, file.current().size() - position));
            if (count == 0) {
                return WOULD_BLOCK;
            }
            read(position, destination, index, count);
            return count;
        }
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireOffHeap(destination, index, length);
        synchronized (space) {
            requireOpen();
            if (position < 0 || position + length > file.current().size()) {
                throw new EOFException(path + " ends before " + (position + length));
            }
            space.beforeRead(path, position, length);
            byte[] bytes = new byte[length];
            file.current().read(position, bytes);
            destination.putBytes(index, bytes);
        }
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        requireOffHeap(source, index, length);
        synchronized (space) {
            requireWritable();
            byte[] bytes = new byte[length];
            source.getBytes(index, bytes);
            try {
                space.before(SimCall.Kind.WRITE, path, position, length);
            } catch (SimShortWrite e) {
                file.write(position, Arrays.copyOf(bytes, e.writtenLength()));
                throw e.failure();
            } catch (SimCrash e) {
                file.write(position, bytes);
                throw e;
            }
            space.allocate(file, position, length);
            file.write(position, bytes);
        }
    }

    @Override
    public void sync() throws IOException {
        synchronized (space) {
            requireWritable();
            try {
                space.before(SimCall.Kind.SYNC, path, 0, 0);
            } catch (IOException e) {
                file.syncFailed();
                throw e;
            }
            file.sync();
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        change(SimCall.Kind.TRUNCATE, size, 0);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        change(SimCall.Kind.PUNCH, position, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        change(SimCall.Kind.ZERO, position, length);
    }

    private void change(SimCall.Kind kind, long position, long length) throws IOException {
        synchronized (space) {
            requireWritable();
            try {
                space.before(kind, path, position, length);
            } catch (SimCrash e) {
                apply(kind, position, length);
                throw e;
            }
            if (kind == SimCall.Kind.ZERO) {
                space.allocate(file, position, Math.min(length, file.current().size() - position));
            }
            apply(kind, position, length);
        }
    }

    private void apply(SimCall.Kind kind, long position, long length) {
        if (kind == SimCall.Kind.TRUNCATE) {
            file.truncate(position);
        } else {
            file.zero(kind, position, length);
        }
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        synchronized (space) {
            if (advice == Advice.DONT_NEED) {
                file.dropClean(space.chooser());
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (space) {
            if (closed) {
                throw new IllegalStateException(path + " is closed twice");
            }
            closed = true;
            space.closed(this);
        }
    }

    private void requireOpen() throws IOException {
        space.requirePower();
        if (closed) {
            throw new IOException(path + " is closed");
        }
    }

    private void requireWritable() throws IOException {
        requireOpen();
        if (!writable) {
            throw new IOException(path + " was opened for reading");
        }
    }

    private static void requireOffHeap(DirectBuffer buffer, int index, int length) {
        if (buffer.byteArray() != null) {
            throw new IllegalArgumentException("buffer is on the heap, a native call needs one that does not move");
        }
        buffer.boundsCheck(index, length);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
