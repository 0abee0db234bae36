package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Real files, with something happening before a read or a write. */
class HookedFileSpace implements FileSpace {

    private final FileSpace real = new NativeFileSpace();

    void beforeRead(Path file, long position) throws IOException {}

    void beforeWrite(Path file, long position) throws IOException {}

    @Override
    public BlockFile open(Path file, OpenMode mode) throws IOException {
        return new HookedFile(file, real.open(file, mode));
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        real.rename(from, to);
    }

    @Override
    public void exchange(Path one, Path other) throws IOException {
        real.exchange(one, other);
    }

    @Override
    public void delete(Path file) throws IOException {
        real.delete(file);
    }

    @Override
    public boolean isDirectory(Path file) {
        return real.isDirectory(file);
    }

    @Override
    public long size(Path file) throws IOException {
        return real.size(file);
    }

    @Override
    public Instant modified(Path file) throws IOException {
        return real.modified(file);
    }

    @Override
    public FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException {
        return real.tryLock(file, kind);
    }

    @Override
    public boolean exists(Path file) {
        return real.exists(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        real.syncDirectory(directory);
    }

    private final class HookedFile implements BlockFile {

        private final Path path;
        private final BlockFile file;

        HookedFile(Path path, BlockFile file) {
            this.path = path;
            this.file = file;
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
        public long nextData(long position) throws IOException {
            return file.nextData(position);
        }

        @Override
        public long nextHole(long position) throws IOException {
            return file.nextHole(position);
        }

        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length)
                throws IOException {
            return file.readNow(position, destination, index, length);
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
            beforeRead(path, position);
            file.read(position, destination, index, length);
        }

        @Override
        public void write(long position, DirectBuffer source, int index, int length) throws IOException {
            beforeWrite(path, position);
            file.write(position, source, index, length);
        }

        @Override
        public void sync() throws IOException {
            file.sync();
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
