package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.Piece;
import java.io.IOException;

/**
 * How much of a range of the disk the child speaks for.
 *
 * <p>Immutable.
 *
 * @param length     bytes of the range
 * @param saidLength bytes of it that the child has, zeros included
 * @param zeroLength bytes of it that the child says are zero without having them
 */
public record Coverage(long length, long saidLength, long zeroLength) {

    static Coverage of(ForeignImage child, long start, long end) throws IOException {
        Piece piece = new Piece();
        long said = 0;
        long zero = 0;
        for (long at = start; at < end; at += piece.length()) {
            child.locate(at, end - at, piece, true);
            said += piece.kind() == Piece.ABSENT ? 0 : piece.length();
            zero += piece.kind() == Piece.ZERO ? piece.length() : 0;
        }
        return new Coverage(end - start, said, zero);
    }

    /** Whether nothing is left to the parent. */
    public boolean isWhole() {
        return saidLength == length;
    }

    /** Whether the child says that all of it is zero. */
    public boolean isZero() {
        return zeroLength == length;
    }
}
