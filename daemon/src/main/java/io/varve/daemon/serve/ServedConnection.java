package io.varve.daemon.serve;

import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.session.Outlet;
import io.varve.nbd.session.Session;
import io.varve.nbd.session.SlotPool;
import io.varve.shim.NativeException;
import io.varve.shim.socket.Connection;
import io.varve.shim.socket.Epoll;
import io.varve.shim.socket.NativeSocket;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket in the transmission phase, and its session.
 *
 * <p>Owned by a ConnectionAgent, which alone closes the socket, after it has forgotten the descriptor.
 */
final class ServedConnection implements Outlet {

    private static final Logger LOG = LoggerFactory.getLogger(ServedConnection.class);

    /** A client that sends without pause gives way to others after this many receives. */
    private static final int RECEIVES_PER_TURN = 8;

    private final ConnectionAgent agent;
    private final Connection socket;
    private final int fd;
    private final int token;
    /** Null without TLS. */
    private final SecureTransport secure;
    private final Session session;
    private final Progress progress;
    private final Gathering gathering = new Gathering();

    private int armedEvents = Epoll.READABLE;
    private long rejectedTaken;
    private boolean flushRequested;
    private boolean keptRequested;
    private boolean broken;
    /**
     * Only to a unix socket. Over TCP, pages of the page cache cost more than a copy, at least on the loopback device:
     * 128 KiB at a time a client got 0.85 times as much, 1 MiB at a time 0.74.
     */
    private boolean lends;
    private boolean exportClosed;

    ServedConnection(ConnectionAgent agent, Connection socket, int token, SecureTransport secure,
            Negotiated negotiated, SlotPool pool, UnsafeBuffer shared) {
        this.agent = agent;
        this.socket = socket;
        this.fd = socket.fd();
        this.token = token;
        this.secure = secure;
        this.lends = secure == null && socket.peerAddress().isEmpty();
        this.session = new Session(negotiated, this, pool, shared);
        this.progress = new Progress(agent.nowNs());
    }

    @Override
    public int send(DirectBuffer buffer, int index, int length) {
        if (broken) {
            return 0;
        }
        if (secure != null) {
            return sendSecurely(buffer, index, length);
        }
        try {
            int sent = NativeSocket.send(fd, buffer.addressOffset() + index, length);
            if (sent == NativeSocket.WOULD_BLOCK) {
                return 0;
            }
            progress.sent(sent);
            return sent;
        } catch (NativeException e) {
            broken = true;
            return 0;
        }
    }

    @Override
    public int sendWithFile(DirectBuffer buffer, int index, int length, int file, long position, int lent) {
        if (broken || !lends) {
            return 0;
        }
        int first = send(buffer, index, length);
        return first < length ? first : first + sendFile(file, position, lent);
    }

    private int sendFile(int file, long position, int length) {
        try {
            int sent = agent.fileSender().send(fd, file, position, length);
            if (sent == NativeSocket.WOULD_BLOCK) {
                return 0;
            }
            progress.sent(sent);
            return sent;
        } catch (NativeException e) {
            // Whatever it is that this socket or this file system cannot do, a copy can be sent; or will fail as well.
            lends = false;
            return 0;
        }
    }

    private int sendSecurely(DirectBuffer buffer, int index, int length) {
        try {
            int sent = secure.send(buffer, index, length);
            progress.sent(secure.takeSentLength());
            return sent;
        } catch (IOException e) {
            broken = true;
            return 0;
        }
    }

    @Override
    public void requestFlush() {
        if (!flushRequested) {
            flushRequested = true;
            agent.flushLater(this);
        }
    }

    /**
     * Takes what has arrived and answers it.
     *
     * @param alone whether nothing else waits for the agent, so that there is time to gather requests
     */
    void receive(boolean alone) {
        long before = session.requestCount();
        for (int i = 0; i < RECEIVES_PER_TURN && !broken && session.wantsInput(); i++) {
            int room = session.prepareReceive();
            int received = receive(room);
            if (received > 0) {
                progress.received(received);
                session.onReceived(received);
            }
            boolean empty = received < room && !(secure != null && secure.mayHaveMore());
            if (empty && !(alone && gather(session.requestCount() - before))) {
                break;
            }
        }
        gathering.onTurn(session.requestCount() - before);
        flush();
    }

    /** What has arrived, and what comes until the requests in flight are answered, is refused. */
    void drain() {
        session.drain();
        receive(false);
    }

    private int receive(int room) {
        if (secure != null) {
            return receiveSecurely(room);
        }
        try {
            int received =
                    NativeSocket.recv(fd, session.receiveBuffer().addressOffset() + session.receiveIndex(), room);
            broken = received == NativeSocket.END;
            return received;
        } catch (NativeException e) {
            broken = true;
            return NativeSocket.END;
        }
    }

    private int receiveSecurely(int room) {
        try {
            int received = secure.receive(session.receiveBuffer(), session.receiveIndex(), room);
            broken |= received == NativeSocket.END;
            return received;
        } catch (NativeException e) {
            broken = true;
        } catch (IOException e) {
            LOG.warn("closing the connection of {}: TLS failed: {}", socket.peer(), e.getMessage());
            broken = true;
        }
        return NativeSocket.END;
    }

    /**
     * Lets more requests of the client come before its replies are sent, if the client has enough to read meanwhile.
     *
     * @param count requests taken in this turn
     * @return whether to receive again
     */
    private boolean gather(long count) {
        long heldLength = session.unsentLength();
        if (broken || session.parkedCount() > 0 || !gathering.mayHold(count, heldLength)) {
            return false;
        }
        long pauseNs = gathering.pauseNs(count, heldLength, unreadLength());
        return pauseNs > 0 && agent.pause(pauseNs);
    }

    private int unreadLength() {
        try {
            return agent.sendQueue().length(fd);
        } catch (NativeException e) {
            return 0;
        }
    }

    /** Requests that were refused by validation since the last call. */
    long takeRejectedCount() {
        long news = session.rejectedCount() - rejectedTaken;
        rejectedTaken += news;
        return news;
    }

    /** Sends what waits; replies of parked requests come this way. */
    void flush() {
        flushRequested = false;
        if (secure != null) {
            flushSecurely();
        }
        session.flush();
    }

    private void flushSecurely() {
        try {
            secure.flush();
            progress.sent(secure.takeSentLength());
        } catch (NativeException e) {
            broken = true;
        }
    }

    /** @return the epoll events that this connection waits for now */
    int wantedEvents() {
        return (session.wantsInput() ? Epoll.READABLE : 0) | (wantsOutput() ? Epoll.WRITABLE : 0);
    }

    private boolean wantsOutput() {
        return session.wantsOutput() || secure != null && secure.hasUnsent();
    }

    /** Whether there is input that no event of the socket will tell about, and that nobody was asked to take yet. */
    boolean hasKeptInput() {
        return secure != null && !keptRequested && secure.hasUnread() && session.wantsInput();
    }

    void setKeptRequested(boolean requested) {
        keptRequested = requested;
    }

    /** Whether the socket must be closed now: the peer is gone or broke the protocol, or all is done. */
    boolean mustClose() {
        return broken || !session.violation().isEmpty()
                || session.isFinished() && !(secure != null && secure.hasUnsent());
    }

    /** The last that the peer hears, before the socket is closed. */
    void end() {
        if (secure != null) {
            secure.end();
        }
    }

    /** Called after the socket was closed, and again whenever a parked request finished, until none is left. */
    void closeExportIfFinished() {
        if (!exportClosed && session.isFinished()) {
            exportClosed = true;
            session.export().close();
        }
    }

    ConnectionStatus status(String agentName) {
        return new ConnectionStatus(
                agentName,
                socket.peer(),
                session.export().info().name(),
                session.requestCount(),
                session.parkedCount());
    }

    /** @return which deadline has passed, as the end of a sentence; empty: none. 0 for a deadline: none */
    String overdue(long nowNs, long idleNs, long stallNs) {
        return progress.overdue(session, wantsOutput(), nowNs, idleNs, stallNs);
    }

    void markBroken() {
        broken = true;
    }

    int armedEvents() {
        return armedEvents;
    }

    void setArmedEvents(int events) {
        armedEvents = events;
    }

    int fd() {
        return fd;
    }

    int token() {
        return token;
    }

    Connection socket() {
        return socket;
    }

    Session session() {
        return session;
    }
}
