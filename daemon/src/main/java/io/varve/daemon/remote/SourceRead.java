package io.varve.daemon.remote;

import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.remote.Origin.Urgency;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;

/**
 * A read that a client waits for, chunk by chunk: from the cache; or by leading a fetch of what is missing; or by
 * waiting for who fetches it already. What was fetched ahead and failed, or does not arrive, is fetched again.
 *
 * <p>Thread-safe because all state is on the stack of the reader.
 */
final class SourceRead {

    /** A chunk that somebody could not get is asked for once more by who waited for it; a wrong one by who got it. */
    private static final int MAX_FAILURES = 2;

    private final String name;
    private final ChunkCache cache;
    private final Flights flights;
    private final Fetcher fetcher;
    private final RemoteCounters counters;
    private final RemoteLimits limits;

    /** @param name of the origin, for messages */
    SourceRead(String name, ChunkCache cache, Flights flights, Fetcher fetcher, RemoteCounters counters,
            RemoteLimits limits) {
        this.name = name;
        this.cache = cache;
        this.flights = flights;
        this.fetcher = fetcher;
        this.counters = counters;
        this.limits = limits;
    }

    /** @param length bytes, inside the disk */
    void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int done = 0;
        try {
            while (done < length) {
                done += new Part(position + done, destination, index + done, length - done).read();
            }
        } catch (InterruptedException e) {
            throw interrupted(name);
        }
    }

    static InterruptedIOException interrupted(String name) {
        Thread.currentThread().interrupt();
        return new InterruptedIOException(name + ": interrupted while waiting for bytes");
    }

    /** What is left of a read: its first chunk, and perhaps more that comes with it. Owned by the reader. */
    private final class Part {

        private final long position;
        private final MutableDirectBuffer destination;
        private final int index;
        private final int length;
        private final int chunk;
        private final long deadlineNs = System.nanoTime() + limits.waitNs();
        private int failures;

        Part(long position, MutableDirectBuffer destination, int index, int length) {
            this.position = position;
            this.destination = destination;
            this.index = index;
            this.length = length;
            this.chunk = Chunks.index(position);
        }

        /** @return bytes that are read, at least all of the first chunk */
        int read() throws IOException, InterruptedException {
            int inChunk = (int) Math.min(length, Chunks.position(chunk + 1) - position);
            while (true) {
                int here = cache.readSome(position, destination, index, length);
                if (here > 0) {
                    counters.hits.increment();
                    return here;
                }
                // What is not kept would be fetched for nothing.
                Fetch mine = flights.claim(chunk, Chunks.index(position + length - 1), cache.hasRoom());
                int count = mine == null ? follow(inChunk) : lead(mine);
                if (count > 0) {
                    return count;
                }
            }
        }

        /** @return 0: try again */
        private int lead(Fetch fetch) throws IOException {
            try {
                fetcher.lead(fetch);
                int count = copyLanded(fetch);
                if (count == 0) {
                    IOException failure = mine(fetch).failure();
                    failed(failure, isOfKind(failure, Kind.WRONG));
                }
                return count;
            } finally {
                fetch.leave();
            }
        }

        /** Of the first chunk, among others that were claimed with it. */
        private Flight mine(Fetch fetch) {
            return fetch.flights().stream().filter(flight -> flight.chunk() == chunk).findFirst().orElseThrow();
        }

        /** Copies what landed side by side from the first chunk on. */
        private int copyLanded(Fetch fetch) {
            long end = position;
            for (Flight flight : fetch.flights()) {
                if (flight.chunk() < chunk) {
                    continue;
                }
                if (!flight.hasLanded() || Chunks.index(end) != flight.chunk() || end == position + length) {
                    break;
                }
                end = Math.min(position + length, Chunks.position(flight.chunk() + 1));
            }
            int count = (int) (end - position);
            copy(mine(fetch), count);
            return count;
        }

        private void copy(Flight flight, int count) {
            if (count > 0) {
                int skipped = (int) (position - Chunks.position(chunk));
                destination.putBytes(index, flight.fetch().buffer(), flight.index() + skipped, count);
            }
        }

        /** @return 0: try again */
        private int follow(int inChunk) throws IOException, InterruptedException {
            Flight flight = flights.of(chunk);
            if (flight == null || !flight.fetch().join()) {
                return 0;
            }
            try {
                counters.joined.increment();
                return await(flight, inChunk);
            } finally {
                flight.fetch().leave();
            }
        }

        private int await(Flight flight, int inChunk) throws IOException, InterruptedException {
            flight.fetch().promote();
            boolean wasAhead = flight.fetch().begun() == Urgency.AHEAD;
            long leftNs = deadlineNs - System.nanoTime();
            if (!flight.await(wasAhead ? Math.min(leftNs, limits.overtakeNs()) : leftNs)) {
                if (!wasAhead) {
                    throw new OriginException(Kind.UNAVAILABLE, name + ": chunk " + chunk + " did not come within "
                            + TimeUnit.NANOSECONDS.toMillis(limits.waitNs()) + " ms", null);
                }
                counters.overtaken.increment();
                Fetch mine = flights.overtake(flight);
                return mine == null ? 0 : lead(mine);
            }
            if (flight.hasLanded()) {
                copy(flight, inChunk);
                return inChunk;
            }
            if (flight.failure() != null && !wasAhead) {
                IOException failure = flight.failure();
                failed(failure, !isOfKind(failure, Kind.REFUSED) && !isOfKind(failure, Kind.CHANGED));
            }
            return 0;
        }

        /** @param mayHelp to ask again */
        private void failed(IOException failure, boolean mayHelp) throws IOException {
            failures++;
            if (!mayHelp || failures == MAX_FAILURES) {
                throw again(failure);
            }
        }
    }

    private static boolean isOfKind(IOException failure, Kind kind) {
        return failure instanceof OriginException e && e.kind() == kind;
    }

    /** Several threads are told the same failure, each with its own stack. */
    private static IOException again(IOException failure) {
        return failure instanceof OriginException e
                ? new OriginException(e.kind(), e.getMessage(), e.retryAfterMs(), e)
                : new IOException(failure.getMessage(), failure);
    }
}
