package io.varve.daemon.remote;

import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.cache.WrongChunkException;
import io.varve.daemon.remote.Origin.Urgency;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

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
            int length = fetch.length(cache.diskSize());
            UnsafeBuffer buffer = fetch.takeBuffer(length);
            origin.read(Chunks.position(fetch.firstChunk()), buffer, 0, length, fetch.begun());
            count(fetch, length);
            for (Flight flight : fetch.flights()) {
                take(flight, buffer);
            }
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

    private void take(Flight flight, UnsafeBuffer buffer) {
        int chunk = flight.chunk();
        int index = flight.fetch().index(Chunks.position(chunk));
        OriginException wrong = null;
        try {
            cache.put(chunk, buffer, index, Chunks.length(chunk, cache.diskSize()));
        } catch (WrongChunkException e) {
            wrong = new OriginException(OriginException.Kind.WRONG, origin.name() + ": " + e.getMessage(), e);
        }
        flights.remove(flight);
        if (wrong == null) {
            flight.land();
        } else {
            flight.fail(wrong);
        }
    }

    private void count(Fetch fetch, int length) {
        boolean demand = fetch.begun() == Urgency.DEMAND;
        (demand ? counters.demandChunks : counters.aheadChunks).add(fetch.flights().size());
        (demand ? counters.demandBytes : counters.aheadBytes).add(length);
    }
}
