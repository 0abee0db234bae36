package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells what the content of a file looks like. That is no proof: whoever may write to a raw disk can make it look like
 * anything. The rules for using the answer are in the description of this package.
 *
 * <p>Thread-safe because it has no state.
 */
public final class ImageProbe {

    private static final int FOOTER_LENGTH = 512;
    private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb};
    private static final byte[] VHDX = "vhdxfile".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VHD = "conectix".getBytes(StandardCharsets.US_ASCII);

    private ImageProbe() {}

    /** Empty if it looks like nothing that is known here. */
    public static Optional<ImageFormat> probe(BlockFile file) throws IOException {
        long size = file.size();
        UnsafeBuffer bytes = Buffers.alignedDirect(FOOTER_LENGTH);
        if (has(file, bytes, 0, size, QCOW2)) {
            return Optional.of(ImageFormat.QCOW2);
        }
        if (has(file, bytes, 0, size, VHDX)) {
            return Optional.of(ImageFormat.VHDX);
        }
        // Old writers leave the last byte of the footer out.
        if (has(file, bytes, 0, size, VHD) || has(file, bytes, size - FOOTER_LENGTH, size, VHD)
                || has(file, bytes, size - FOOTER_LENGTH + 1, size, VHD)) {
            return Optional.of(ImageFormat.VHD);
        }
        return Optional.empty();
    }

    private static boolean has(BlockFile file, UnsafeBuffer bytes, long position, long size, byte[] magic)
            throws IOException {
        if (position < 0 || magic.length > size - position) {
            return false;
        }
        file.read(position, bytes, 0, magic.length);
        for (int i = 0; i < magic.length; i++) {
            if (bytes.getByte(i) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
