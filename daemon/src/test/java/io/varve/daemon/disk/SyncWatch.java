package io.varve.daemon.disk;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Real files that count their syncs, hold them back, or let them fail. */
final class SyncWatch implements FileSpace {

    private final FileSpace files;
    private final AtomicInteger syncs = new AtomicInteger();
    private volatile boolean failing;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    SyncWatch(FileSpace files) {
        this.files = files;
    }

    void forget() {
        syncs.set(0);
        failing = false;
    }

    int syncCount() {
        return syncs.get();
    }

    void failSyncs() {
        failing = true;
    }

    void holdSyncs() {
        gate = new CountDownLatch(1);
    }

    void releaseSyncs() {
        gate.countDown();
    }

    @Override
    public BlockFile open(Path file, OpenMode mode) throws IOException {
        return new Watched(files.open(file, mode));
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        files.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        files.rename(from, to);
    }

    @Override
    public void exchange(Path one, Path other) throws IOException {
        files.exchange(one, other);
    }

    @Override
    public void delete(Path file) throws IOException {
        files.delete(file);
    }

    @Override
    public boolean isDirectory(Path file) {
        return files.isDirectory(file);
    }

    @Override
    public long size(Path file) throws IOException {
        return files.size(file);
    }

    @Override
    public Instant modified(Path file) throws IOException {
        return files.modified(file);
    }

    @Override
    public FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException {
        return files.tryLock(file, kind);
    }

    @Override
    public boolean exists(Path file) {
        return files.exists(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return files.list(directory);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        files.syncDirectory(directory);
    }

    private final class Watched implements BlockFile {

        private final BlockFile file;

        Watched(BlockFile file) {
            this.file = file;
        }

        @Override
        public void sync() throws IOException {
            try {
                gate.await();
            } catch (final InterruptedException ex) {
                throw new IOException(ex);
            }
            if (failing) {
                throw new IOException(file.name() + ": sync failed");
            }
            file.sync();
            syncs.incrementAndGet();
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            return file.readNow(position, destination, index, length);
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            file.read(position, destination, index, length);
        }

        @Override
        public void write(long position, DirectBuffer source, int index, int length) throws IOException {
            file.write(position, source, index, length);
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void punchHole(long position, long length) throws IOException {
            file.punchHole(position, length);
        }

        @Override
        public void zeroRange(long position, long length) throws IOException {
            file.zeroRange(position, length);
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
}
