package io.varve.daemon.io;

import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Another file, for tests that change one thing about it.
 *
 * <p>Thread-safe because the other file is.
 */
public class ForwardingFile implements BlockFile {

    private final BlockFile file;

    public ForwardingFile(BlockFile file) {
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
