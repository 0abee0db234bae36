package io.varve.daemon.format.qcow2;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What an image says about its whole disk. Immutable.
 *
 * @param pieces as they print themselves
 * @param bytes  of the disk; what is absent is {@link #ABSENT}
 */
record Shown(List<String> pieces, byte[] bytes) {

    static final byte ABSENT = (byte) 0xab;

    static Shown of(ForeignImage image) throws IOException {
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect((int) image.size()));
        List<String> pieces = new ArrayList<>();
        Piece piece = new Piece();
        long offset = 0;
        while (offset < image.size()) {
            long rest = image.size() - offset;
            if (!image.locate(offset, rest, piece, true) || piece.length() < 1 || piece.length() > rest) {
                throw new AssertionError("at " + offset + ": " + piece);
            }
            pieces.add(piece.toString());
            int length = (int) piece.length();
            switch (piece.kind()) {
                case Piece.ABSENT -> bytes.setMemory((int) offset, length, ABSENT);
                case Piece.ZERO -> { }
                default -> new ImageChain(List.of(image)).read(offset, bytes, (int) offset, length);
            }
            offset += length;
        }
        byte[] heap = new byte[bytes.capacity()];
        bytes.getBytes(0, heap);
        return new Shown(pieces, heap);
    }
}
