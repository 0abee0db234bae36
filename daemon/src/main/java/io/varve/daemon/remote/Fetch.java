package io.varve.daemon.remote;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.remote.Origin.Urgency;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What is asked of the origin at once: the flights of some chunks, the pieces of the disk that they lie in, and the
 * buffer that their bytes come into. The buffer goes back when the leader and all who joined have left.
 *
 * <p>Owned by the leader until its flights are over, but for {@link #join}, {@link #leave} and {@link #promote}, for
 * any thread.
 */
final class Fetch {

    private final FetchBuffers buffers;
    private final AheadGate gate;
    private final Urgency begun;
    private final List<Flight> flights = new ArrayList<>();
    private final List<Piece> pieces = new ArrayList<>();
    /** Of each piece, which of the flights is its first one. */
    private final List<Integer> firstFlights = new ArrayList<>();
    /** The leader is the first. */
    private final AtomicInteger users = new AtomicInteger(1);
    private UnsafeBuffer buffer;
    private Urgency urgency;
    private boolean counted;

    Fetch(FetchBuffers buffers, AheadGate gate, Urgency urgency) {
        this.buffers = buffers;
        this.gate = gate;
        this.begun = urgency;
        this.urgency = urgency;
    }

    /** In the order of the disk. */
    void add(Flight flight) {
        flights.add(flight);
    }

    List<Flight> flights() {
        return flights;
    }

    /** Who it was begun for, whoever waits now. */
    Urgency begun() {
        return begun;
    }

    /** Decides where in the buffer each chunk comes. Chunks with more others between them come in two pieces. */
    void layOut(int maxGap, long diskSize) {
        int length = 0;
        for (int i = 0; i < flights.size(); ) {
            int end = i + 1;
            while (end < flights.size() && flights.get(end).chunk() - flights.get(end - 1).chunk() <= maxGap + 1) {
                end++;
            }
            long position = Chunks.position(flights.get(i).chunk());
            int last = flights.get(end - 1).chunk();
            Piece piece = new Piece(position, length,
                    (int) (Chunks.position(last) - position) + Chunks.length(last, diskSize));
            pieces.add(piece);
            firstFlights.add(i);
            for (; i < end; i++) {
                flights.get(i).setIndex(length + (int) (Chunks.position(flights.get(i).chunk()) - position));
            }
            length += piece.length();
        }
    }

    List<Piece> pieces() {
        return pieces;
    }

    /** Which of the flights the first one of a piece is; for the number of pieces, the number of flights. */
    int firstFlight(int piece) {
        return piece == pieces.size() ? flights.size() : firstFlights.get(piece);
    }

    /** Bytes of all pieces. */
    int length() {
        return pieces.stream().mapToInt(Piece::length).sum();
    }

    UnsafeBuffer takeBuffer() {
        buffer = buffers.take(length());
        return buffer;
    }

    /** To be read by who is in, where flights have landed. */
    UnsafeBuffer buffer() {
        return buffer;
    }

    /** @return false if all have left; otherwise {@link #leave} must follow */
    boolean join() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) != 0;
    }

    void leave() {
        if (users.decrementAndGet() == 0 && buffer != null) {
            buffers.give(buffer);
        }
    }

    /** A fetch ahead has been let in by the gate, a client's one tells it. */
    synchronized void begin() {
        counted = true;
        if (begun == Urgency.DEMAND) {
            gate.demandBegins();
        } else if (urgency == Urgency.DEMAND) {
            gate.aheadBecomesDemand();
        }
    }

    /** A client waits for it: from now on it is that client's. */
    synchronized void promote() {
        if (urgency == Urgency.AHEAD) {
            urgency = Urgency.DEMAND;
            if (counted) {
                gate.aheadBecomesDemand();
            }
        }
    }

    synchronized void end() {
        counted = false;
        if (urgency == Urgency.AHEAD) {
            gate.aheadEnds();
        } else {
            gate.demandEnds();
        }
    }
}
