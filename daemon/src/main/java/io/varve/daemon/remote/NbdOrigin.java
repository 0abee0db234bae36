package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.remote.OriginException.Kind;
import io.varve.nbd.client.NegotiationException;
import io.varve.nbd.client.NbdException;
import io.varve.nbd.client.ServerExport;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.MutableDirectBuffer;

/**
 * An export of any NBD server, read over a few connections that are opened when they are needed.
 *
 * <p>A server that does not say that it takes several connections gets one (proto.md, NBD_FLAG_CAN_MULTI_CONN): some
 * let a second one wait for ever.
 *
 * <p>Thread-safe because a connection is used by the thread that has taken it, and the pool has a lock, which is not
 * held while anybody waits for the server.
 */
public final class NbdOrigin implements Origin {

    public static final int DEFAULT_CONNECTION_COUNT = 4;

    private static final int SHOWN_LENGTH = 200;

    private final NbdAddress address;
    private final OriginTimeouts timeouts;
    private final Set<TimedChannel> channels = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition givenBack = lock.newCondition();
    private final ArrayDeque<NbdConnection> idle = new ArrayDeque<>();
    private OriginIdentity identity = new OriginIdentity(-1, "");
    private int freeCount = 1;
    private volatile boolean closed;

    private NbdOrigin(NbdAddress address, OriginTimeouts timeouts) {
        this.address = address;
        this.timeouts = timeouts;
    }

    /**
     * Connects, and so learns how large the disk is.
     *
     * @param address         {@code nbd://host:port/export} or {@code nbd+unix:///export?socket=path}
     * @param connectionCount connections at most, 1 or more
     * @throws OriginException if it is not to be had; UNAVAILABLE may pass
     */
    public static NbdOrigin open(String address, OriginTimeouts timeouts, int connectionCount) throws IOException {
        if (connectionCount < 1) {
            throw new IllegalArgumentException(connectionCount + " connections");
        }
        NbdOrigin origin = new NbdOrigin(NbdAddress.parse(address), timeouts);
        origin.look(connectionCount);
        return origin;
    }

    private void look(int connectionCount) throws IOException {
        try {
            NbdConnection first = connect(System.nanoTime() + timeouts.connectNs());
            ServerExport export = first.export();
            identity = new OriginIdentity(export.size(), "");
            idle.add(first);
            freeCount = export.has(NbdProtocol.TRANSMIT_CAN_MULTI_CONN) ? connectionCount : 1;
        } catch (IOException e) {
            throw failure("", e);
        }
    }

    @Override
    public String name() {
        return address.name();
    }

    @Override
    public OriginIdentity identity() {
        return identity;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length, Urgency urgency)
            throws IOException {
        readAll(List.of(new Piece(position, index, length)), destination, urgency, (piece, count) -> { });
    }

    /** Over one connection, with many requests under way: the protocol has none for several ranges. */
    @Override
    public void readAll(List<Piece> pieces, MutableDirectBuffer destination, Urgency urgency, Arrivals arrivals)
            throws IOException {
        int length = 0;
        for (Piece piece : pieces) {
            length += piece.checked(destination, identity.size()).length();
        }
        long endNs = System.nanoTime() + timeouts.readNs(length);
        try {
            take(endNs);
            NbdConnection connection = null;
            boolean usable = false;
            try {
                connection = idleOrNew(endNs);
                connection.setEnd(endNs);
                connection.read(pieces, destination, arrivals);
                usable = true;
            } catch (NbdException e) {
                usable = true;
                throw e;
            } finally {
                giveBack(connection, usable);
            }
        } catch (IOException e) {
            throw failure(", " + described(pieces), e);
        }
    }

    private static String described(List<Piece> pieces) {
        ByteRange first = new ByteRange(pieces.get(0).position(), pieces.get(0).length());
        return first + (pieces.size() == 1 ? "" : " and " + (pieces.size() - 1) + " more ranges");
    }

    /** Waits until a connection more may be used. */
    private void take(long endNs) throws IOException {
        lock.lock();
        try {
            while (freeCount == 0 && !closed) {
                long remainingNs = endNs - System.nanoTime();
                if (remainingNs <= 0) {
                    throw new IOException("all connections are in use");
                }
                givenBack.awaitNanos(remainingNs);
            }
            if (closed) {
                throw new IOException();
            }
            freeCount--;
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        } finally {
            lock.unlock();
        }
    }

    private NbdConnection idleOrNew(long endNs) throws IOException {
        lock.lock();
        try {
            NbdConnection found = idle.poll();
            if (found != null) {
                return found;
            }
        } finally {
            lock.unlock();
        }
        long connectEndNs = System.nanoTime() + timeouts.connectNs();
        return connect(connectEndNs - endNs < 0 ? connectEndNs : endNs);
    }

    private void giveBack(NbdConnection connection, boolean usable) throws IOException {
        lock.lock();
        try {
            if (usable && !closed) {
                // Last in, first out: what is not needed stays unused, and is found broken by nobody.
                idle.push(connection);
            } else if (connection != null) {
                drop(connection);
                // A server that was started again has forgotten all of them.
                while (!idle.isEmpty()) {
                    drop(idle.poll());
                }
            }
            freeCount++;
            givenBack.signal();
        } finally {
            lock.unlock();
        }
    }

    private void drop(NbdConnection connection) throws IOException {
        connection.close();
        channels.removeIf(channel -> !channel.isOpen());
    }

    private NbdConnection connect(long endNs) throws IOException {
        SocketAddress server = address.resolve();
        TimedChannel channel = TimedChannel.open(server);
        channels.add(channel);
        boolean done = false;
        try {
            if (closed) {
                throw new IOException();
            }
            channel.connect(server, endNs);
            NbdConnection connection = new NbdConnection(channel, address.export());
            requireSame(connection.export());
            done = true;
            return connection;
        } finally {
            if (!done) {
                channels.remove(channel);
                channel.close();
            }
        }
    }

    private void requireSame(ServerExport export) throws OriginException {
        if (identity.size() >= 0 && export.size() != identity.size()) {
            throw new OriginException(Kind.CHANGED, name() + ": it has " + export.size() + " bytes now, and had "
                    + identity.size() + " when it was opened", null);
        }
        if (export.size() == 0) {
            throw new OriginException(Kind.REFUSED, name() + ": it is empty", null);
        }
        if (export.size() % export.blockSizes().minimum() != 0) {
            throw new OriginException(Kind.REFUSED, name() + ": its " + export.size() + " bytes cannot all be read in "
                    + "the blocks of " + export.blockSizes().minimum() + " that it wants", null);
        }
    }

    private IOException failure(String range, IOException cause) {
        if (cause instanceof OriginException || cause instanceof InterruptedIOException) {
            return cause;
        }
        boolean refused = cause instanceof NegotiationException no && no.replyType() != NbdProtocol.REP_ERR_SHUTDOWN;
        String why = closed ? "it has been closed"
                : cause.getMessage() == null ? cause.getClass().getSimpleName()
                : Printable.of(cause.getMessage(), SHOWN_LENGTH);
        return new OriginException(refused ? Kind.REFUSED : Kind.UNAVAILABLE, name() + range + ": " + why, cause);
    }

    /** Reads that are under way fail at once, and those that come later. */
    @Override
    public void close() throws IOException {
        closed = true;
        lock.lock();
        try {
            idle.clear();
            givenBack.signalAll();
        } finally {
            lock.unlock();
        }
        for (TimedChannel channel : channels) {
            channel.close();
        }
    }
}
