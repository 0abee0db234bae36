package io.varve.daemon.format.vhd;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads disks through the port. */
final class Reads {

    private Reads() {}

    /** All pieces, in order. */
    static List<String> pieces(ForeignImage image) throws IOException {
        List<String> pieces = new ArrayList<>();
        Piece piece = new Piece();
        for (long offset = 0; offset < image.size(); offset += piece.length()) {
            image.locate(offset, image.size() - offset, piece, true);
            pieces.add(piece.toString());
        }
        return pieces;
    }

    /** The whole of a small disk; absent sectors are 0xEE. */
    static byte[] disk(ForeignImage image) throws IOException {
        return range(image, 0, (int) image.size());
    }

    static byte[] range(ForeignImage image, long start, int length) throws IOException {
        byte[] disk = new byte[length];
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        Piece piece = new Piece();
        int done = 0;
        while (done < length) {
            image.locate(start + done, length - done, piece, true);
            int count = (int) piece.length();
            if (count < 1 || count > length - done) {
                throw new AssertionError(piece + " at " + (start + done) + " of " + length);
            }
            if (piece.kind() == Piece.DATA) {
                new ImageChain(List.of(image)).read(start + done, buffer, done, count);
            } else {
                buffer.setMemory(done, count, (byte) (piece.kind() == Piece.ABSENT ? 0xEE : 0));
            }
            done += count;
        }
        buffer.getBytes(0, disk);
        return disk;
    }
}
