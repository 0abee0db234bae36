package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A sparse file in a directory of its own, that is made when the first byte is written to it: most clients that come
 * and go write nothing, and making and removing a directory costs more than all the rest of their visit.
 *
 * <p>Thread-safe because the file is made under a lock, and never changes again.
 */
final class LateFile implements BlockFile {

    private final FileSpace files;
    private final Path directory;
    private final Path path;
    private final long size;
    /** Null until it is made. */
    private volatile BlockFile file;

    /**
     * @param directory that is made with it and goes with it
     * @param size      bytes
     */
    LateFile(FileSpace files, Path directory, String fileName, long size) {
        this.files = files;
        this.directory = directory;
        this.path = directory.resolve(fileName);
        this.size = size;
    }

    private BlockFile made() throws IOException {
        BlockFile present = file;
        return present != null ? present : make();
    }

    private synchronized BlockFile make() throws IOException {
        if (file == null) {
            files.createDirectories(directory);
            BlockFile fresh = files.open(path, OpenMode.CREATE_NEW);
            try {
                fresh.truncate(size);
            } catch (IOException e) {
                try (fresh) {
                    files.delete(path);
                }
                throw e;
            }
            file = fresh;
        }
        return file;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return made().readNow(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        made().read(position, destination, index, length);
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        made().write(position, source, index, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        made().zeroRange(position, length);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        if (file != null) {
            file.punchHole(position, length);
        }
    }

    @Override
    public void sync() throws IOException {
        if (file != null) {
            file.sync();
        }
    }

    @Override
    public void truncate(long newSize) {
        throw new UnsupportedOperationException("the size of a disk does not change");
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        if (file != null) {
            file.advise(advice, position, length);
        }
    }

    /** Removes it, with its directory. */
    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            files.delete(path);
            files.delete(directory);
        }
    }
}
