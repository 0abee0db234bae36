package io.varve.it.format;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Compares a chain of images with a raw file, piece by piece; parents are asked one after another, the plainest way.
 *
 * <p>Owned by the test that compares.
 */
final class RawComparison {

    private static final int STEP = 1 << 20;

    private final List<ForeignImage> chain;
    private final BlockFile raw;
    private final UnsafeBuffer mine = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
    private final UnsafeBuffer theirs = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
    private final UnsafeBuffer zeros = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));

    private RawComparison(List<ForeignImage> chain, BlockFile raw) {
        this.chain = chain;
        this.raw = raw;
    }

    /** @param chain the child first */
    static void assertSame(List<ForeignImage> chain, Path rawFile) throws IOException {
        try (BlockFile raw = new NativeFileSpace().open(rawFile, OpenMode.READ)) {
            long size = chain.get(0).size();
            if (raw.size() != size) {
                throw new AssertionError("a disk of " + size + " bytes, raw " + raw.size());
            }
            new RawComparison(chain, raw).compare(0, 0, size);
        }
    }

    private void compare(int depth, long start, long end) throws IOException {
        Piece piece = new Piece();
        for (long offset = start; offset < end; offset += piece.length()) {
            ForeignImage image = depth < chain.size() ? chain.get(depth) : null;
            if (image == null || offset >= image.size()) {
                requireZeros(offset, end);
                return;
            }
            long length = Math.min(end, image.size()) - offset;
            image.locate(offset, length, piece, true);
            if (piece.length() < 1 || piece.length() > length) {
                throw new AssertionError("at " + offset + " of " + image.name() + ": " + piece);
            }
            switch (piece.kind()) {
                case Piece.ABSENT -> compare(depth + 1, offset, offset + piece.length());
                case Piece.ZERO -> requireZeros(offset, offset + piece.length());
                default -> requireSame(image, offset, offset + piece.length());
            }
        }
    }

    private void requireSame(ForeignImage image, long start, long end) throws IOException {
        for (long offset = start; offset < end; offset += STEP) {
            int length = (int) Math.min(STEP, end - offset);
            new ImageChain(List.of(image)).read(offset, mine, 0, length);
            raw.read(offset, theirs, 0, length);
            requireEqual(mine, offset, length);
        }
    }

    private void requireZeros(long start, long end) throws IOException {
        long offset = raw.nextData(start);
        while (offset < end) {
            int length = (int) Math.min(STEP, end - offset);
            raw.read(offset, theirs, 0, length);
            requireEqual(zeros, offset, length);
            offset = raw.nextData(offset + length);
        }
    }

    private void requireEqual(UnsafeBuffer expected, long offset, int length) {
        int at = expected.byteBuffer().slice(0, length).mismatch(theirs.byteBuffer().slice(0, length));
        if (at >= 0) {
            throw new AssertionError("byte " + (offset + at) + " is " + expected.getByte(at) + ", raw "
                    + theirs.getByte(at));
        }
    }
}
