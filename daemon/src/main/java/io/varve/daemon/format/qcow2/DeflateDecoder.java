package io.varve.daemon.format.qcow2;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Deflate without the frame of zlib (RFC 1951). Writers use a window of 4 KiB; any larger one is read as well.
 *
 * <p>Owned by the thread that took it from {@link DecodedClusters}.
 */
final class DeflateDecoder extends ClusterDecoder {

    private final Inflater inflater = new Inflater(true);

    @Override
    void expand(UnsafeBuffer encoded, int length, byte[] destination) throws DataFormatException {
        inflater.reset();
        inflater.setInput(encoded.byteBuffer().duplicate().clear().limit(length));
        int done = 0;
        while (done < destination.length) {
            int count = inflater.inflate(destination, done, destination.length - done);
            if (count == 0) {
                // The end of the code, or of the bytes, or a wish for a dictionary, which there is none of.
                throw new DataFormatException(done + " bytes came out of it, not " + destination.length);
            }
            done += count;
        }
    }

    @Override
    public void close() {
        inflater.end();
    }
}
