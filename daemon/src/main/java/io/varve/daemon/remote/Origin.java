package io.varve.daemon.remote;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * A disk that lies on another machine and does not change.
 *
 * <p>Thread-safe because reads keep no position; several run at a time. Closed once, by the owner; reads that are under
 * way then fail.
 */
public interface Origin extends Closeable {

    /** Bytes of one read at most. */
    int MAX_READ_LENGTH = 16 << 20;

    /** For messages: its address, without a password. */
    String name();

    /** What it is like since it was opened. */
    OriginIdentity identity();

    /**
     * Reads exactly {@code length} bytes, waiting if it must, but not for ever. Interrupting the thread ends the wait.
     * Whatever the outcome, the buffer is not touched any more once this has returned.
     *
     * @param destination off-heap; after a failure it holds anything
     * @param length      bytes, 1 to {@link #MAX_READ_LENGTH}
     * @param urgency     who waits
     * @throws OriginException                if these bytes are not to be had; its kind says whether to ask again
     * @throws java.io.InterruptedIOException if the thread was interrupted
     * @throws IndexOutOfBoundsException      if the range does not lie inside the disk, or the buffer, or is too long
     */
    void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException;

    /**
     * Reads several pieces, in as few requests as the server lets us. All that {@link #read} says holds here too; what
     * has arrived before a failure is there.
     *
     * @param pieces   one or more, in the order of the disk; none lies in another
     * @param arrivals hears what is there, on this thread
     */
    default void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            read(piece.position(), destination, piece.index(), piece.length(), urgency);
            arrivals.arrived(i, piece.length());
        }
    }

    /** Pieces that one request brings, as far as that is known; where it is 1, fewer and longer ones are better. */
    default int maxPieces() {
        return 1;
    }

    /** Hears of bytes of a read of many pieces. */
    @FunctionalInterface
    interface Arrivals {

        /**
         * @param piece  its number, from 0 on
         * @param length bytes of it that are there, from its beginning on; more each time
         */
        void arrived(int piece, int length);
    }

    /** Who waits for a read. */
    enum Urgency {
        /** A client, with a timeout of its own. */
        DEMAND,
        /** Nobody yet. */
        AHEAD
    }
}
