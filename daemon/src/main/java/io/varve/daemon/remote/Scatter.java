package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * Where the bytes of an answer go: into the pieces that were asked for, whatever parts the server cuts them into. Each
 * piece fills from its beginning on, and nothing comes twice. What lies between pieces is passed over, if it is little.
 *
 * <p>Owned by the body of the answer, which locks.
 */
final class Scatter {

    private final List<Piece> pieces;
    private final MutableDirectBuffer destination;
    private final HttpJudge judge;
    /** Bytes of each piece: that were written, and that are known to be the right ones. */
    private final int[] written;
    private final int[] received;
    private final long wanted;
    private long unwanted;
    private long position;
    private long end;
    private int piece;

    /**
     * @param pieces in the order of the disk; none lies in another
     * @param judge  names the bytes in messages
     */
    Scatter(List<Piece> pieces, MutableDirectBuffer destination, HttpJudge judge) {
        this.pieces = pieces;
        this.destination = destination;
        this.judge = judge;
        this.written = new int[pieces.size()];
        this.received = new int[pieces.size()];
        this.wanted = pieces.stream().mapToLong(Piece::length).sum();
    }

    /**
     * Consecutive bytes of the disk begin, and the ones before are at their end.
     *
     * @param newEnd position behind them
     * @throws OriginException REFUSED, if they are not some that are still to come
     */
    void begin(long newPosition, long newEnd) throws OriginException {
        int first = 0;
        while (first < pieces.size() && pieces.get(first).end() <= newPosition) {
            first++;
        }
        long covered = 0;
        for (int i = first; i < pieces.size() && pieces.get(i).position() < newEnd; i++) {
            long from = Math.max(newPosition, pieces.get(i).position());
            if (from != pieces.get(i).position() + written[i]) {
                throw judge.failure(Kind.REFUSED, "the server sends bytes twice, or leaves some out, at " + from);
            }
            covered += Math.min(newEnd, pieces.get(i).end()) - from;
        }
        unwanted += newEnd - newPosition - covered;
        if (covered == 0 || unwanted > wanted) {
            throw judge.failure(Kind.REFUSED, "the server sends other bytes: " + newPosition + "-" + (newEnd - 1));
        }
        position = newPosition;
        end = newEnd;
        piece = first;
    }

    /** Bytes that are still to come of those that have begun. */
    long left() {
        return end - position;
    }

    /** @param count bytes, at most as many as are left */
    void place(ByteBuffer bytes, int count) {
        for (int left = count; left > 0; ) {
            boolean isPassed = piece == pieces.size() || position < pieces.get(piece).position();
            long until = piece == pieces.size() ? end
                    : isPassed ? pieces.get(piece).position() : pieces.get(piece).end();
            int step = (int) Math.min(left, until - position);
            if (!isPassed) {
                int done = written[piece];
                destination.putBytes(pieces.get(piece).index() + done, bytes, bytes.position(), step);
                written[piece] = done + step;
            }
            bytes.position(bytes.position() + step);
            position += step;
            left -= step;
            if (!isPassed && written[piece] == pieces.get(piece).length()) {
                piece++;
            }
        }
    }

    /** What was placed is what the server said it was. */
    void confirm() {
        System.arraycopy(written, 0, received, 0, written.length);
    }

    /** Bytes of the piece that are there, and confirmed. */
    int received(int number) {
        return received[number];
    }

    int pieceCount() {
        return received.length;
    }

    boolean isWhole() {
        for (int i = 0; i < received.length; i++) {
            if (received[i] < pieces.get(i).length()) {
                return false;
            }
        }
        return true;
    }
}
