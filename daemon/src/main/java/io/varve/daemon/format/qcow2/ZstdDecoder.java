package io.varve.daemon.format.qcow2;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.zip.DataFormatException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One frame of zstd (RFC 8878) per cluster.
 *
 * <p>Design note: the frame is expanded in one step, into a cluster of known length, because expanding it as a stream
 * would allocate the window that the frame asks for: up to 128 MiB, as an unknown author likes.
 *
 * <p>Owned by the thread that took it from {@link DecodedClusters}.
 */
final class ZstdDecoder extends ClusterDecoder {

    private final ZstdDecompressCtx context;
    private byte[] frame = new byte[0];

    /** @throws LinkageError if the library cannot be loaded */
    ZstdDecoder() {
        context = new ZstdDecompressCtx();
    }

    @Override
    void expand(UnsafeBuffer encoded, int length, byte[] destination) throws DataFormatException {
        int frameLength = ZstdFrame.length(encoded, length);
        if (frame.length < frameLength) {
            frame = new byte[encoded.capacity()];
        }
        encoded.getBytes(0, frame, 0, frameLength);
        int done;
        try {
            done = context.decompressByteArray(destination, 0, destination.length, frame, 0, frameLength);
        } catch (ZstdException e) {
            throw new DataFormatException(e.getMessage());
        }
        if (done != destination.length) {
            throw new DataFormatException(done + " bytes came out of it, not " + destination.length);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
