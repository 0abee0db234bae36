package io.varve.daemon.remote;

import io.varve.daemon.remote.Origin.Urgency;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/**
 * The chunks that are on their way: one flight for each, however many wait (a flight is led by who claimed it). A
 * leader puts its chunks into the cache, then takes its flights off this table, then ends them; so who finds neither a
 * flight nor the chunk may claim it.
 *
 * <p>Thread-safe because a claim is one atomic step of a concurrent map.
 */
final class Flights {

    /** Chunks that are here, between two that are not: to fetch them again is cheaper than to ask twice. */
    private static final int MAX_GAP_CHUNKS = 2;
    private static final int MAX_DEMAND_CHUNKS = 64;
    private static final int MAX_AHEAD_CHUNKS = 256;

    private final ConcurrentHashMap<Integer, Flight> flights = new ConcurrentHashMap<>();
    private final IntPredicate isReady;
    private final FetchBuffers buffers;
    private final AheadGate gate;

    /** @param isReady whether a chunk is in the cache, as of now */
    Flights(IntPredicate isReady, FetchBuffers buffers, AheadGate gate) {
        this.isReady = isReady;
        this.buffers = buffers;
        this.gate = gate;
    }

    /** The flight of the chunk; null if there is none. */
    Flight of(int chunk) {
        return flights.get(chunk);
    }

    /**
     * Claims the first chunk, and what is missing behind it, as much as one read should bring.
     *
     * @param last the last chunk that is wanted
     * @return whose flights the caller leads to their end; null if the first chunk is not to be claimed, as it is here
     *     or on its way
     */
    Fetch claim(int first, int last, Urgency urgency) {
        Fetch fetch = new Fetch(buffers, gate, urgency);
        int max = urgency == Urgency.DEMAND ? MAX_DEMAND_CHUNKS : MAX_AHEAD_CHUNKS;
        int end = (int) Math.min(last, first + max - 1L);
        int previous = first;
        for (int chunk = first; chunk <= end && chunk - previous <= MAX_GAP_CHUNKS + 1; chunk++) {
            if (isReady.test(chunk)) {
                if (chunk == first) {
                    return null;
                }
                continue;
            }
            Flight flight = new Flight(chunk, fetch);
            if (flights.putIfAbsent(chunk, flight) != null) {
                break;
            }
            if (isReady.test(chunk)) {
                // It came between the question and the claim.
                flights.remove(chunk, flight);
                flight.callOff();
                break;
            }
            fetch.add(flight);
            previous = chunk;
        }
        return fetch.flights().isEmpty() ? null : fetch;
    }

    /** Claims a chunk from a flight that does not arrive; null if that one is over, or was overtaken before. */
    Fetch overtake(Flight slow) {
        Fetch fetch = new Fetch(buffers, gate, Urgency.DEMAND);
        Flight flight = new Flight(slow.chunk(), fetch);
        fetch.add(flight);
        return flights.replace(slow.chunk(), slow, flight) ? fetch : null;
    }

    /** Before a flight ends. */
    void remove(Flight flight) {
        flights.remove(flight.chunk(), flight);
    }
}
