package io.varve.daemon.remote;

import io.varve.daemon.cache.ChunkCache;
import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import io.varve.daemon.io.SourceRange;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.NavigableSet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.MutableDirectBuffer;

/**
 * A disk on another machine in whole pages, what does not fill the last page being zero: from the cache what is there,
 * from the origin what is missing, each chunk once however many want it.
 *
 * <p>Thread-safe because cache, origin and flights are. {@link #readNow} is for agents, everything else for threads
 * that may wait. {@link #close} comes once, after the last {@code readNow}; other calls may still run and fail then.
 */
public final class RemoteSource implements BlockSource, Closeable {

    private static final long LONGEST_BOOT_LENGTH = 1L << 30;

    private final Origin origin;
    private final ChunkCache cache;
    private final RemoteCounters counters;
    private final RemoteLimits limits;
    private final Executor readers;
    private final Executor loaders;
    private final AheadGate gate;
    private final Flights flights;
    private final Fetcher fetcher;
    private final SourceRead demand;
    private final OpenDoor door;
    private final AtomicBoolean upkeepComes = new AtomicBoolean();

    /**
     * @param origin     closed with this
     * @param cache      of this disk; closed with this
     * @param buffers    may be shared by all sources
     * @param counters   may be shared by all sources
     * @param readers    runs reads that clients wait for, which wait for the origin; a few that read ahead; and the
     *                   upkeep of the cache. May refuse all of them
     */
    public RemoteSource(Origin origin, ChunkCache cache, FetchBuffers buffers, RemoteCounters counters,
            RemoteLimits limits, Executor readers) {
        if (origin.identity().size() != cache.diskSize()) {
            throw new IllegalArgumentException(origin.name() + " has " + origin.identity().size() + " bytes, its cache "
                    + cache.diskSize());
        }
        this.origin = origin;
        this.cache = cache;
        this.counters = counters;
        this.limits = limits;
        this.readers = readers;
        this.loaders = new LimitedExecutor(readers, limits.aheadFetchCount());
        this.gate = new AheadGate(limits.aheadFetchCount());
        this.flights = new Flights(cache::isReady, cache.diskSize(), buffers, gate);
        this.fetcher = new Fetcher(origin, cache, flights, counters);
        this.demand = new SourceRead(origin.name(), cache, flights, fetcher, counters, limits);
        this.door = new OpenDoor(origin.name());
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        if (position >= cache.diskSize()) {
            requireInside(position, length);
            destination.setMemory(index, length, (byte) 0);
            return length;
        }
        int count = cache.readNow(position, destination, index, length);
        if (count != WOULD_BLOCK) {
            counters.hits.increment();
        }
        return count;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        door.enter();
        try {
            int inside = (int) Math.max(0, Math.min(length, cache.diskSize() - position));
            demand.read(position, destination, index, inside);
            destination.setMemory(index + inside, length - inside, (byte) 0);
        } finally {
            door.leave();
        }
        upkeepSoon();
    }

    /**
     * Brings chunks of the ranges into the cache before anybody asks, those of many ranges with one request. Gives way
     * to reads that a client waits for, and stops where the cache has no room, or demand does not cease.
     *
     * @throws IOException if some of it cannot be had; readers never see that
     */
    @Override
    public boolean prefetch(List<SourceRange> ranges) throws IOException {
        door.enter();
        try {
            fetchAhead(new AheadPlan(ranges, cache.diskSize(), flights::isMissing));
        } catch (InterruptedException e) {
            throw SourceRead.interrupted(origin.name());
        } finally {
            door.leave();
        }
        return true;
    }

    private void fetchAhead(AheadPlan plan) throws IOException, InterruptedException {
        while (true) {
            NavigableSet<Integer> batch = plan.next(origin.maxPieces() == 1);
            if (batch.isEmpty() || !makeRoom() || !gate.enterAhead(limits.waitNs())) {
                break;
            }
            Fetch fetch = flights.claimAhead(batch);
            if (fetch == null) {
                gate.aheadEnds();
                continue;
            }
            try {
                fetcher.lead(fetch);
                requireLanded(fetch);
            } finally {
                fetch.leave();
            }
        }
        makeRoom();
    }

    @Override
    public Executor readers(Executor usual) {
        return readers;
    }

    @Override
    public Executor loaders(Executor usual) {
        return loaders;
    }

    @Override
    public Place place(long position, int length) {
        int end = Chunks.index(Math.min(cache.diskSize(), position + length) - 1);
        for (int chunk = Chunks.index(position); chunk <= end; chunk++) {
            if (!cache.isReady(chunk)) {
                return Place.ORIGIN;
            }
        }
        return Place.CACHE;
    }

    /** Where the cache is smaller than the longest boot, chunks may go before the last client of a room wants them. */
    @Override
    public boolean staysNear(long position, long length) {
        return cache.keeps(LONGEST_BOOT_LENGTH);
    }

    private boolean makeRoom() {
        if (cache.wantsUpkeep()) {
            cache.upkeep();
        }
        return cache.hasRoom();
    }

    private static void requireLanded(Fetch fetch) throws IOException {
        for (Flight flight : fetch.flights()) {
            if (!flight.hasLanded()) {
                throw flight.failure();
            }
        }
    }

    private void upkeepSoon() {
        if (cache.wantsUpkeep() && upkeepComes.compareAndSet(false, true)) {
            try {
                readers.execute(this::upkeep);
            } catch (RejectedExecutionException e) {
                // The next read asks again.
                upkeepComes.set(false);
            }
        }
    }

    /** Makes room in the cache, and makes durable what came. The owner calls it every few seconds. */
    public void upkeep() {
        upkeepComes.set(false);
        if (door.tryEnter()) {
            try {
                cache.upkeep();
            } finally {
                door.leave();
            }
        }
    }

    private void requireInside(long position, int length) throws IOException {
        if (position < 0 || length < 0 || position > Pages.offset(Pages.count(cache.diskSize())) - length) {
            throw new IOException(origin.name() + ": " + length + " bytes at " + position
                    + " are not inside a disk of " + cache.diskSize() + " bytes");
        }
    }

    /** Closes the origin, so that reads that wait for it fail; then, when all have left, the cache. */
    @Override
    public void close() throws IOException {
        door.close();
        gate.close();
        try (cache) {
            try {
                origin.close();
            } finally {
                door.awaitEmpty();
            }
        }
    }

    @Override
    public String toString() {
        return origin.name();
    }
}
