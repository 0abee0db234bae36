package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.ForwardingFile;
import io.varve.daemon.io.ForwardingFileSpace;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Real files, with something happening before a read, a write or a sync. */
class HookedFileSpace extends ForwardingFileSpace {

    HookedFileSpace() {
        super(new NativeFileSpace());
    }

    void beforeRead(Path file, long position) throws IOException {}

    void beforeWrite(Path file, long position) throws IOException {}

    void beforeSync(Path file) throws IOException {}

    @Override
    public BlockFile open(Path path, OpenMode mode) throws IOException {
        return new ForwardingFile(super.open(path, mode)) {
            @Override
            public void read(long position, MutableDirectBuffer destination, int index, int length)
                    throws IOException {
                beforeRead(path, position);
                super.read(position, destination, index, length);
            }

            @Override
            public void write(long position, DirectBuffer source, int index, int length) throws IOException {
                beforeWrite(path, position);
                super.write(position, source, index, length);
            }

            @Override
            public void sync() throws IOException {
                beforeSync(path);
                super.sync();
            }
        };
    }
}
