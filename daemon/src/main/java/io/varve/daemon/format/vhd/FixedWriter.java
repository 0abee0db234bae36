package io.varve.daemon.format.vhd;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;

/**
 * Writes a fixed VHD: the disk, holes where it is zero, and the footer.
 *
 * <p>Owned by the thread that writes the file.
 */
final class FixedWriter extends VhdWriter {

    FixedWriter(BlockFile file, long size, UUID id, long time) throws IOException {
        super(file, size, VhdFooter.FIXED, id, time);
        // A half written file ends in zeros, and not in a sector that may look like a footer.
        file.truncate(size + VhdFooter.LENGTH);
    }

    @Override
    void put(long offset, DirectBuffer source, int index, int length) throws IOException {
        file.write(offset, source, index, length);
    }

    @Override
    void putZeros(long offset, long length) {
        // The file is zero where nothing was written.
    }

    @Override
    long finishData() {
        return size;
    }

    @Override
    void finishFooters(long footerPosition, DirectBuffer footerBytes) throws IOException {
        file.write(footerPosition, footerBytes, 0, VhdFooter.LENGTH);
    }
}
