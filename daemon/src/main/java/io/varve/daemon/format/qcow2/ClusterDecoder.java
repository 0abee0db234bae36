package io.varve.daemon.format.qcow2;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.zip.DataFormatException;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Expands clusters, one after another, with what is costly to set up.
 *
 * <p>Owned by the thread that took it from {@link DecodedClusters}.
 */
abstract class ClusterDecoder implements AutoCloseable {

    private static final int MIN_SOURCE_LENGTH = 1 << 12;

    private UnsafeBuffer source = Buffers.alignedDirect(MIN_SOURCE_LENGTH);

    /**
     * @param position    of the encoded bytes in the file
     * @param length      bytes, at least 1; those behind the end of the code mean nothing
     * @param destination filled
     * @throws DataFormatException if the bytes are no cluster; the message says why
     */
    final void decode(BlockFile file, long position, int length, byte[] destination)
            throws IOException, DataFormatException {
        if (source.capacity() < length) {
            source = Buffers.alignedDirect(BitUtil.findNextPositivePowerOfTwo(length));
        }
        file.read(position, source, 0, length);
        expand(source, length, destination);
    }

    abstract void expand(UnsafeBuffer encoded, int length, byte[] destination) throws DataFormatException;

    /** Gives back what is not on the heap. */
    @Override
    public abstract void close();
}
