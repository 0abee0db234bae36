package io.varve.daemon.io;

import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * A file that shows another one in a way of its own, and cannot be written.
 *
 * <p>Thread-safe because the other file is; what a subclass adds must be too.
 */
public abstract class ReadOnlyFile implements BlockFile {

    private final BlockFile file;
    private final String refusal;

    /**
     * @param file    closed by {@link #close}
     * @param refusal why it is not written, after its name: {@code is open for reading}
     */
    public ReadOnlyFile(BlockFile file, String refusal) {
        this.file = file;
        this.refusal = refusal;
    }

    @Override
    public final String name() {
        return file.name();
    }

    @Override
    public final void write(long position, DirectBuffer source, int index, int length) throws IOException {
        throw refused();
    }

    @Override
    public final void sync() throws IOException {
        throw refused();
    }

    @Override
    public final void truncate(long size) throws IOException {
        throw refused();
    }

    @Override
    public final void punchHole(long position, long length) throws IOException {
        throw refused();
    }

    @Override
    public final void zeroRange(long position, long length) throws IOException {
        throw refused();
    }

    private IOException refused() {
        return new IOException(name() + " " + refusal);
    }

    @Override
    public final void advise(Advice advice, long position, long length) {
        file.advise(advice, position, length);
    }

    @Override
    public final void close() throws IOException {
        file.close();
    }
}
