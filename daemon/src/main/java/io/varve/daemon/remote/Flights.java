package io.varve.daemon.remote;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.remote.Origin.Urgency;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;

/**
 * The chunks that are on their way: one flight for each, however many wait (a flight is led by who claimed it). A
 * leader puts a chunk into the cache, then takes its flight off this table, then ends it; so who finds neither a flight
 * nor the chunk may claim it.
 *
 * <p>Thread-safe because a claim is one atomic step of a concurrent map.
 */
final class Flights {

    /** Chunks that are here, between two that are not: to fetch them again is cheaper than to ask twice. */
    private static final int MAX_GAP_CHUNKS = 4;
    private static final int MAX_DEMAND_CHUNKS = 4 << 20 >> Chunks.CHUNK_SHIFT;

    private final ConcurrentHashMap<Integer, Flight> flights = new ConcurrentHashMap<>();
    private final IntPredicate isReady;
    private final long diskSize;
    private final FetchBuffers buffers;
    private final AheadGate gate;

    /** @param isReady whether a chunk is in the cache, as of now */
    Flights(IntPredicate isReady, long diskSize, FetchBuffers buffers, AheadGate gate) {
        this.isReady = isReady;
        this.diskSize = diskSize;
        this.buffers = buffers;
        this.gate = gate;
    }

    /** The flight of the chunk; null if there is none. */
    Flight of(int chunk) {
        return flights.get(chunk);
    }

    /** Whether the chunk is neither here nor on its way, as of now. */
    boolean isMissing(int chunk) {
        return !isReady.test(chunk) && !flights.containsKey(chunk);
    }

    /**
     * Claims the first chunk for a client, and what is missing behind it, as much as one read should bring.
     *
     * @param last          the last chunk that is wanted
     * @param wholeClusters whether to claim also what lies beside these chunks in their clusters: who reads here may
     *                      read there next
     * @return whose flights the caller leads to their end; null if the first chunk is not to be claimed, as it is here
     *     or on its way
     */
    Fetch claim(int first, int last, boolean wholeClusters) {
        Fetch fetch = new Fetch(buffers, gate, Urgency.DEMAND);
        ArrayDeque<Flight> claimed = new ArrayDeque<>();
        int end = (int) Math.min(last, first + MAX_DEMAND_CHUNKS - 1L);
        int previous = first;
        for (int chunk = first; chunk <= end && chunk - previous <= MAX_GAP_CHUNKS + 1; chunk++) {
            if (isReady.test(chunk)) {
                if (chunk == first) {
                    return null;
                }
                continue;
            }
            Flight flight = claim(chunk, fetch);
            if (flight == null) {
                break;
            }
            claimed.add(flight);
            previous = chunk;
        }
        if (claimed.isEmpty()) {
            return null;
        }
        if (wholeClusters) {
            claimBeside(claimed, fetch);
        }
        claimed.forEach(fetch::add);
        fetch.layOut(MAX_GAP_CHUNKS, diskSize);
        return fetch;
    }

    private void claimBeside(ArrayDeque<Flight> claimed, Fetch fetch) {
        int first = claimed.getFirst().chunk();
        int last = claimed.getLast().chunk();
        int end = Math.min(Chunks.cluster(last) + Chunks.CLUSTER_CHUNKS, Chunks.count(diskSize));
        for (int chunk = first - 1; chunk >= Chunks.cluster(first); chunk--) {
            Flight flight = isReady.test(chunk) ? null : claim(chunk, fetch);
            if (flight == null) {
                break;
            }
            claimed.addFirst(flight);
        }
        for (int chunk = last + 1; chunk < end; chunk++) {
            Flight flight = isReady.test(chunk) ? null : claim(chunk, fetch);
            if (flight == null) {
                break;
            }
            claimed.addLast(flight);
        }
    }

    /**
     * Claims what is missing of some chunks, before anybody asks for them.
     *
     * @param chunks ascending
     * @return whose flights the caller leads to their end; null if none of them is to be claimed
     */
    Fetch claimAhead(Iterable<Integer> chunks) {
        Fetch fetch = new Fetch(buffers, gate, Urgency.AHEAD);
        for (int chunk : chunks) {
            Flight flight = isReady.test(chunk) ? null : claim(chunk, fetch);
            if (flight != null) {
                fetch.add(flight);
            }
        }
        fetch.layOut(0, diskSize);
        return fetch.flights().isEmpty() ? null : fetch;
    }

    /** @return null if it is here, or on its way */
    private Flight claim(int chunk, Fetch fetch) {
        Flight flight = new Flight(chunk, fetch);
        if (flights.putIfAbsent(chunk, flight) != null) {
            return null;
        }
        if (isReady.test(chunk)) {
            // It came between the question and the claim.
            flights.remove(chunk, flight);
            flight.callOff();
            return null;
        }
        return flight;
    }

    /** Claims a chunk from a flight that does not arrive; null if that one is over, or was overtaken before. */
    Fetch overtake(Flight slow) {
        Fetch fetch = new Fetch(buffers, gate, Urgency.DEMAND);
        Flight flight = new Flight(slow.chunk(), fetch);
        fetch.add(flight);
        fetch.layOut(0, diskSize);
        return flights.replace(slow.chunk(), slow, flight) ? fetch : null;
    }

    /** Before a flight ends. */
    void remove(Flight flight) {
        flights.remove(flight.chunk(), flight);
    }
}
