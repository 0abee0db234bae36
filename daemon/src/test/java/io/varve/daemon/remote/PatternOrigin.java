package io.varve.daemon.remote;

import io.varve.daemon.cache.DiskPattern;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.agrona.MutableDirectBuffer;

/**
 * A disk far away that does what a test says: it fails, lies, or answers when it is told to.
 *
 * <p>Thread-safe because the list of reads is behind its lock.
 */
final class PatternOrigin implements Origin {

    /** A read that came. */
    record Read(int number, long position, int length, Urgency urgency) {}

    /** What happens before a read is answered. */
    @FunctionalInterface
    interface Script {
        void before(Read read) throws IOException, InterruptedException;
    }

    /** What happens to an answer. */
    @FunctionalInterface
    interface Lie {
        void spoil(Read read, MutableDirectBuffer bytes, int index);
    }

    private final DiskPattern disk;
    private final List<Read> reads = new ArrayList<>();
    private final List<List<Piece>> asks = new ArrayList<>();
    private volatile int maxPieces = 1;
    private volatile int arrivalStep = Integer.MAX_VALUE;
    private volatile Arrivals afterArrival = (piece, length) -> { };
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Script script = read -> { };
    private volatile Lie lie = (read, bytes, index) -> { };

    PatternOrigin(DiskPattern disk) {
        this.disk = disk;
    }

    void script(Script newScript) {
        script = newScript;
    }

    void lie(Lie newLie) {
        lie = newLie;
    }

    List<Read> reads() {
        synchronized (reads) {
            return List.copyOf(reads);
        }
    }

    /** Reads of many pieces, or of one, that came by {@link #readAll}. */
    List<List<Piece>> asks() {
        synchronized (reads) {
            return List.copyOf(asks);
        }
    }

    void maxPieces(int count) {
        maxPieces = count;
    }

    @Override
    public int maxPieces() {
        return maxPieces;
    }

    @Override
    public void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        synchronized (reads) {
            asks.add(List.copyOf(pieces));
        }
        Origin.super.readAll(pieces, destination, urgency, (piece, length) -> {
            for (int there = arrivalStep; there < length; there += arrivalStep) {
                arrivals.arrived(piece, there);
                afterArrival.arrived(piece, there);
            }
            arrivals.arrived(piece, length);
            afterArrival.arrived(piece, length);
        });
    }

    /** @param bytes that {@link #readAll} says have come at a time */
    void arrive(int bytes, Arrivals afterEach) {
        arrivalStep = bytes;
        afterArrival = afterEach;
    }

    static OriginException failure(Kind kind) {
        return new OriginException(kind, "the origin says " + kind, null);
    }

    /** As an origin that does not answer until it is closed. */
    void stall() throws IOException, InterruptedException {
        closed.await();
        throw failure(Kind.UNAVAILABLE);
    }

    @Override
    public String name() {
        return "fake://origin";
    }

    @Override
    public OriginIdentity identity() {
        return new OriginIdentity(disk.size(), "");
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        if (position < 0 || length < 1 || position + length > disk.size()) {
            throw new IndexOutOfBoundsException(length + " at " + position);
        }
        Read read;
        synchronized (reads) {
            read = new Read(reads.size(), position, length, urgency);
            reads.add(read);
        }
        try {
            script.before(read);
        } catch (InterruptedException e) {
            throw SourceRead.interrupted(name());
        }
        if (closed.getCount() == 0) {
            throw failure(Kind.UNAVAILABLE);
        }
        disk.fill(position, destination, index, length);
        lie.spoil(read, destination, index);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
