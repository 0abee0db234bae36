package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Goes over a disk as a reader would, and sees that pieces cover it. Owned by the thread of the test. */
final class Walk {

    private static final int MAX_READ = 8192;

    private final VhdxImage image;
    private final ImageChain disk;
    private final UnsafeBuffer buffer = Buffers.alignedDirect(MAX_READ);
    private final Piece piece = new Piece();

    Walk(VhdxImage image) {
        this.image = image;
        this.disk = new ImageChain(List.of(image));
    }

    /** Kinds, lengths and positions in the file: {@code "zero x 1024, data x 512 at 4194304"}. */
    String pieces(long offset, long length) throws IOException {
        StringBuilder pieces = new StringBuilder();
        for (long at = offset; at < offset + length; at += piece.length()) {
            locate(at, offset + length - at);
            pieces.append(pieces.isEmpty() ? "" : ", ").append(piece);
        }
        return pieces.toString();
    }

    /** The sector at an offset, by the position of its piece; null if it is absent. */
    byte[] sector(long offset) throws IOException {
        locate(offset, 512);
        byte[] bytes = new byte[512];
        if (piece.kind() == Piece.DATA) {
            image.file().read(piece.position(), buffer, 0, 512);
            buffer.getBytes(0, bytes);
        }
        return piece.kind() == Piece.ABSENT ? null : bytes;
    }

    /**
     * All of the disk, up to a number of pieces; of each the first and the last bytes are read.
     *
     * @return pieces
     */
    int everything(int maxPieces) throws IOException {
        int count = 0;
        for (long at = 0; at < image.size() && count < maxPieces; at += piece.length()) {
            locate(at, image.size() - at);
            int length = (int) Math.min(MAX_READ, piece.length());
            if (piece.kind() == Piece.DATA) {
                disk.read(at, buffer, 0, length);
                disk.read(at + piece.length() - length, buffer, 0, length);
            }
            count++;
        }
        return count;
    }

    private void locate(long offset, long maxLength) throws IOException {
        if (!image.locate(offset, maxLength, piece, true)) {
            throw new AssertionError("did not wait at " + offset);
        }
        if (piece.length() < 1 || piece.length() > maxLength
                || piece.length() % 512 != 0 && piece.length() != maxLength) {
            throw new AssertionError(piece + " of " + maxLength + " at " + offset);
        }
    }
}
