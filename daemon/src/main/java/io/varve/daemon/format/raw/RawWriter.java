package io.varve.daemon.format.raw;

import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Writes a raw image: the disk byte for byte, with holes where nothing is written.
 *
 * <p>Owned by the thread that writes the file.
 */
public final class RawWriter implements ImageWriter {

    private final BlockFile file;
    private final long size;

    /**
     * @param file empty; stays the caller's
     * @param size bytes of the disk, and of the file
     */
    public RawWriter(BlockFile file, long size) throws IOException {
        this.file = file;
        this.size = size;
        // First, so that a file system that cannot have such files says so before the work.
        file.truncate(size);
    }

    @Override
    public void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " of a disk of " + size);
        }
        file.write(offset, source, index, length);
    }

    @Override
    public void finish() throws IOException {
        file.sync();
    }
}
