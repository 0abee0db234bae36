package io.varve.daemon.remote;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.remote.Origin.Urgency;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One read of the origin: the flights of some chunks that lie close together, and the buffer that their bytes come
 * into. The buffer goes back when the leader and all who joined have left.
 *
 * <p>Owned by the leader until its flights are over, but for {@link #join}, {@link #leave} and {@link #promote}, for
 * any thread.
 */
final class Fetch {

    private final FetchBuffers buffers;
    private final AheadGate gate;
    private final Urgency begun;
    private final List<Flight> flights = new ArrayList<>();
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

    int firstChunk() {
        return flights.get(0).chunk();
    }

    int lastChunk() {
        return flights.get(flights.size() - 1).chunk();
    }

    /** Bytes of the disk, from the first chunk to the end of the last. */
    int length(long diskSize) {
        long end = Chunks.position(lastChunk()) + Chunks.length(lastChunk(), diskSize);
        return (int) (end - Chunks.position(firstChunk()));
    }

    UnsafeBuffer takeBuffer(int length) {
        buffer = buffers.take(length);
        return buffer;
    }

    /** Where the byte of the disk is in the buffer. */
    int index(long position) {
        return (int) (position - Chunks.position(firstChunk()));
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
