package io.varve.daemon.remote;

import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.cache.WrongChunkException;
import io.varve.daemon.remote.Origin.Arrivals;
import io.varve.daemon.remote.Origin.Urgency;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Does what a fetch is about: reads the origin, checks what came, keeps it, and ends the flights.
 *
 * <p>Thread-safe because all state is the fetch's, which its leader brings along.
 */
final class Fetcher {

    private final Origin origin;
    private final ChunkCache cache;
    private final Flights flights;
    private final RemoteCounters counters;

    Fetcher(Origin origin, ChunkCache cache, Flights flights, RemoteCounters counters) {
        this.origin = origin;
        this.cache = cache;
        this.flights = flights;
        this.counters = counters;
    }

    /** Returns when all flights are over, one way or the other; what became of them, they say. */
    void lead(Fetch fetch) {
        IOException failure = new IOException(origin.name() + ": a fetch ended by a defect of ours");
        try {
            fetch.begin();
            origin.readAll(fetch.pieces(), fetch.takeBuffer(), fetch.begun(), new Landing(fetch));
            count(fetch);
        } catch (IOException e) {
            failure = e;
        } catch (OutOfMemoryError e) {
            // Off-heap memory, which others give back: the next read may find some.
            failure = new IOException(origin.name() + ": no memory for a fetch: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            failure = new IOException(origin.name() + ": a fetch failed by a defect of ours", e);
        } finally {
            for (Flight flight : fetch.flights()) {
                if (!flight.isOver()) {
                    flights.remove(flight);
                    flight.fail(failure);
                }
            }
            fetch.end();
        }
        if (fetch.flights().stream().anyMatch(flight -> !flight.hasLanded())) {
            counters.failed.increment();
        }
    }

    /** Takes in chunks as they come, so that nobody waits for one until the last one is here. Owned by the leader. */
    private final class Landing implements Arrivals {

        private final Fetch fetch;
        private final List<Flight> flightsOf;
        /** Of each piece, which of the flights is the first one that has not come. */
        private final int[] next;

        Landing(Fetch fetch) {
            this.fetch = fetch;
            this.flightsOf = fetch.flights();
            this.next = IntStream.range(0, fetch.pieces().size()).map(fetch::firstFlight).toArray();
        }

        @Override
        public void arrived(int piece, int length) {
            long end = fetch.pieces().get(piece).position() + length;
            int from = next[piece];
            int to = from;
            while (to < fetch.firstFlight(piece + 1) && end(flightsOf.get(to)) <= end) {
                to++;
            }
            next[piece] = to;
            while (from < to) {
                int behind = from + 1;
                while (behind < to && flightsOf.get(behind).chunk() == flightsOf.get(behind - 1).chunk() + 1) {
                    behind++;
                }
                take(flightsOf.subList(from, behind));
                from = behind;
            }
        }

        private void take(List<Flight> side) {
            Flight first = side.get(0);
            int length = (int) (end(side.get(side.size() - 1)) - Chunks.position(first.chunk()));
            Map<Integer, WrongChunkException> wrong =
                    cache.put(first.chunk(), fetch.buffer(), first.index(), length).stream()
                            .collect(Collectors.toMap(WrongChunkException::chunk, Function.identity()));
            for (Flight flight : side) {
                flights.remove(flight);
                WrongChunkException cause = wrong.get(flight.chunk());
                if (cause == null) {
                    flight.land();
                } else {
                    flight.fail(new OriginException(OriginException.Kind.WRONG,
                            origin.name() + ": " + cause.getMessage(), cause));
                }
            }
        }

        private long end(Flight flight) {
            return Chunks.position(flight.chunk()) + Chunks.length(flight.chunk(), cache.diskSize());
        }
    }

    private void count(Fetch fetch) {
        boolean demand = fetch.begun() == Urgency.DEMAND;
        (demand ? counters.demandChunks : counters.aheadChunks).add(fetch.flights().size());
        (demand ? counters.demandBytes : counters.aheadBytes).add(fetch.length());
    }
}
