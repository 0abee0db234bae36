package io.varve.daemon.serve;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Printable;
import io.varve.daemon.io.RareLine;
import io.varve.daemon.io.Workers;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.Peer;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.negotiate.NegotiationLimits;
import io.varve.nbd.negotiate.Negotiator;
import io.varve.shim.NativeException;
import io.varve.shim.socket.Connection;
import io.varve.shim.socket.Epoll;
import io.varve.shim.socket.Listener;
import io.varve.shim.socket.NativeSocket;
import io.varve.shim.socket.WakeUp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.BufferUtil;
import org.agrona.CloseHelper;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections and leads them to the end of their handshake; then they move to the agent of their export.
 *
 * <p>Received bytes go to a worker together with the handshake's negotiator, because answering them may open images and
 * recover overlays. So neither a stalled client nor a slow disk holds up other handshakes, and running clients share
 * no thread with any of this.
 *
 * <p>Thread-safe because {@link #stopAccepting} and the workers only enqueue; all else happens on the agent's thread.
 */
final class HandshakeAgent implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(HandshakeAgent.class);

    private static final int WAKE_UP_TOKEN = 0;
    private static final int RECEIVE_LENGTH = 16 * 1024;
    private static final int MAX_HANDSHAKES = 4096;
    private static final int QUEUE_CAPACITY = 2 * MAX_HANDSHAKES;
    private static final int ACCEPTS_PER_EVENT = 64;
    private static final int SLEEP_MS = 1000;
    /** Lines about failures of TLS before they are counted only: several clients may be told apart, a scan cannot. */
    private static final int FAILURES_PER_PERIOD = 10;
    private static final int MAX_FAILURE_LENGTH = 300;
    /** A peer whose machine is gone is found after two minutes of silence; an idle one costs a packet a minute. */
    private static final int KEEP_ALIVE_SECONDS = 60;
    private static final int KEEP_ALIVE_PROBE_SECONDS = 10;
    private static final int KEEP_ALIVE_PROBES = 6;

    private final Epoll epoll;
    private final WakeUp wakeUp;
    private final ExportDirectory directory;
    private final Workers workers;
    private final Counters counters;
    private final List<ConnectionAgent> agents;
    private long deadlineNs;
    private final Doorkeeper doorkeeper;
    private final RareLine refusals = new RareLine(ConnectionAgent.LOG_PERIOD_NS);
    private final RareLine failures = new RareLine(ConnectionAgent.LOG_PERIOD_NS, FAILURES_PER_PERIOD);
    private final RareLine delays = new RareLine(ConnectionAgent.LOG_PERIOD_NS);
    private final Int2ObjectHashMap<Door> doors = new Int2ObjectHashMap<>();
    /** Tokens of listeners that could not accept; they try again every second. */
    private final List<Integer> paused = new ArrayList<>();
    private final Int2ObjectHashMap<Handshake> handshakes = new Int2ObjectHashMap<>();
    private final ManyToOneConcurrentArrayQueue<Runnable> tasks = new ManyToOneConcurrentArrayQueue<>(QUEUE_CAPACITY);
    private final UnsafeBuffer scratch = new UnsafeBuffer(BufferUtil.allocateDirectAligned(RECEIVE_LENGTH, 64));

    private int nextToken = WAKE_UP_TOKEN + 1;
    private long nextDeadlineCheckNs;
    private boolean stopping;
    /** Handshakes of which a worker thinks at this moment. */
    private int busyCount;
    /** Runs once, when the last of them has ended after a stop. */
    private Runnable onStopped = () -> { };
    /** Guards {@link #closed}, for workers that are later than the end of this agent. */
    private final Object closing = new Object();
    private boolean closed;

    HandshakeAgent(List<Door> open, ExportDirectory directory, Workers workers, Counters counters,
            List<ConnectionAgent> agents, Limits limits) throws NativeException {
        this.directory = directory;
        this.workers = workers;
        this.counters = counters;
        this.agents = agents;
        this.deadlineNs = limits.handshakeDeadline().toNanos();
        this.doorkeeper = new Doorkeeper(limits);
        this.epoll = new Epoll();
        this.wakeUp = new WakeUp();
        epoll.add(wakeUp.fd(), Epoll.READABLE, WAKE_UP_TOKEN);
        for (Door door : open) {
            epoll.add(door.listener().fd(), Epoll.READABLE, nextToken);
            doors.put(nextToken++, door);
        }
    }

    @Override
    public int doWork() throws NativeException {
        int workCount = tasks.drain(Runnable::run);
        int eventCount = epoll.await(stopping || workCount > 0 ? 0 : SLEEP_MS);
        long nowNs = System.nanoTime();
        for (int i = 0; i < eventCount; i++) {
            handle(epoll.token(i), epoll.events(i), nowNs);
        }
        if (nowNs - nextDeadlineCheckNs >= 0) {
            nextDeadlineCheckNs = nowNs + TimeUnit.SECONDS.toNanos(1);
            dropOverdue(nowNs);
            resumeAccepting();
        }
        return workCount + eventCount;
    }

    private void handle(int token, int events, long nowNs) throws NativeException {
        if (token == WAKE_UP_TOKEN) {
            wakeUp.drain();
            return;
        }
        Door door = doors.get(token);
        if (door != null) {
            accept(door, token, nowNs);
            return;
        }
        Handshake handshake = handshakes.get(token);
        if (handshake == null) {
            return;
        }
        if ((events & Epoll.WRITABLE) != 0) {
            proceed(handshake);
        } else if ((events & Epoll.READABLE) != 0) {
            receive(handshake);
        } else {
            drop(handshake);
        }
    }

    // Accepting

    private void accept(Door door, int token, long nowNs) throws NativeException {
        Listener listener = door.listener();
        for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
            Connection socket;
            try {
                socket = listener.accept();
            } catch (NativeException e) {
                // The client still waits, and so would be reported again at once: out of descriptors, most likely.
                LOG.warn("{} accepts nobody for a second: {}", listener.address(), e.getMessage());
                epoll.modify(listener.fd(), 0, token);
                paused.add(token);
                return;
            }
            if (socket == null) {
                return;
            }
            String obstacle = handshakes.size() < MAX_HANDSHAKES
                    ? doorkeeper.admit(socket)
                    : "there are " + MAX_HANDSHAKES + " handshakes, the limit of all";
            if (obstacle.isEmpty()) {
                counters.get(Counter.CONNECTIONS_ACCEPTED).increment();
                begin(socket, door, nowNs);
            } else {
                refuse(socket, obstacle, nowNs);
            }
        }
    }

    private void refuse(Connection socket, String obstacle, long nowNs) {
        counters.get(Counter.CONNECTIONS_REFUSED).increment();
        socket.close();
        String suffix = refusals.suffix(nowNs);
        if (suffix != null) {
            LOG.warn("refusing {}: {}{}", socket.peer(), obstacle, suffix);
        }
    }

    private void resumeAccepting() throws NativeException {
        for (int token : paused) {
            Door door = doors.get(token);
            if (door != null) {
                epoll.modify(door.listener().fd(), Epoll.READABLE, token);
            }
        }
        paused.clear();
    }

    private void begin(Connection socket, Door door, long nowNs) {
        Negotiator negotiator =
                new Negotiator(directory.forPeer(peer(socket)), NegotiationLimits.DEFAULT, door.tls());
        Handshake handshake = new Handshake(socket, nextToken++, negotiator, door.channels(), nowNs + deadlineNs);
        try {
            NativeSocket.setNoDelay(socket.fd());
            NativeSocket.setKeepAlive(socket.fd(), KEEP_ALIVE_SECONDS, KEEP_ALIVE_PROBE_SECONDS, KEEP_ALIVE_PROBES);
            epoll.add(socket.fd(), Epoll.READABLE, handshake.token);
        } catch (NativeException e) {
            LOG.warn("cannot serve {}: {}", socket.peer(), e.getMessage());
            socket.close();
            return;
        }
        handshakes.put(handshake.token, handshake);
        negotiator.start();
        handshake.queueOutput(negotiator.takeOutput());
        proceed(handshake);
    }

    private static Peer peer(Connection socket) {
        return socket.peerUid() >= 0 ? Peer.unix(socket.peerUid()) : Peer.tcp(socket.peerAddress());
    }

    // Negotiating

    private void receive(Handshake handshake) {
        int received;
        try {
            received = NativeSocket.recv(handshake.socket.fd(), scratch.addressOffset(), RECEIVE_LENGTH);
        } catch (NativeException e) {
            received = NativeSocket.END;
        }
        if (received == NativeSocket.WOULD_BLOCK) {
            return;
        }
        if (received == NativeSocket.END) {
            drop(handshake);
            return;
        }
        byte[] bytes = new byte[received];
        scratch.getBytes(0, bytes);
        handshake.busy = true;
        busyCount++;
        arm(handshake, 0);
        workers.demand(() -> negotiate(handshake, bytes));
    }

    /** On a worker. */
    private void negotiate(Handshake handshake, byte[] bytes) {
        Negotiator.Outcome outcome;
        String failure = "";
        try {
            outcome = handshake.step(bytes, directory, peer(handshake.socket));
        } catch (IOException e) {
            // Parts of it may be the client's words.
            failure = Printable.of(String.valueOf(e.getMessage()), MAX_FAILURE_LENGTH);
            outcome = Negotiator.Outcome.CLOSE;
        } catch (RuntimeException e) {
            LOG.error("handshake of {} failed", handshake.socket.peer(), e);
            outcome = Negotiator.Outcome.CLOSE;
        }
        Negotiator.Outcome result = outcome;
        String reason = failure;
        if (!enqueue(() -> onNegotiated(handshake, result, reason))) {
            handshake.negotiator.abandon();
        }
    }

    private void logFailure(Handshake handshake, String reason) {
        String suffix = failures.suffix(System.nanoTime());
        if (suffix != null) {
            LOG.warn("refusing {}: TLS failed: {}{}", handshake.socket.peer(), reason, suffix);
        }
    }

    /** @return false if the agent has ended: the task will not run */
    private boolean enqueue(Runnable task) {
        while (true) {
            synchronized (closing) {
                if (closed) {
                    return false;
                }
                if (tasks.offer(task)) {
                    wakeUp.signal();
                    return true;
                }
            }
            counters.get(Counter.OWNER_QUEUE_FULL).increment();
            Thread.onSpinWait();
        }
    }

    /** @param failure of TLS; empty: none */
    private void onNegotiated(Handshake handshake, Negotiator.Outcome outcome, String failure) {
        handshake.busy = false;
        busyCount--;
        if (!failure.isEmpty()) {
            logFailure(handshake, failure);
        }
        handshake.outcome = outcome;
        if (handshake.cancelled) {
            handshake.negotiator.abandon();
        } else {
            answer(handshake);
        }
        endIfStopped();
    }

    private void answer(Handshake handshake) {
        if (handshake.outcome == Negotiator.Outcome.START_TLS && hasReceived(handshake)) {
            logFailure(handshake, "plain text behind STARTTLS");
            drop(handshake);
            return;
        }
        handshake.queueOutput(handshake.takeOutput());
        proceed(handshake);
    }

    private void endIfStopped() {
        if (stopping && busyCount == 0) {
            onStopped.run();
            onStopped = () -> { };
        }
    }

    /** Before STARTTLS is answered, an honest client is silent. */
    private boolean hasReceived(Handshake handshake) {
        try {
            return NativeSocket.recv(handshake.socket.fd(), scratch.addressOffset(), RECEIVE_LENGTH)
                    != NativeSocket.WOULD_BLOCK;
        } catch (NativeException e) {
            return true;
        }
    }

    /** Sends what is to be sent, then does what the last step of the negotiation asks for. */
    private void proceed(Handshake handshake) {
        if (!send(handshake)) {
            return;
        }
        switch (handshake.outcome) {
            case CONTINUE, START_TLS -> arm(handshake, Epoll.READABLE);
            case NEGOTIATED -> handOver(handshake);
            case CLOSE -> drop(handshake);
        }
    }

    /** @return whether everything is sent; if not, the handshake waits or is gone */
    private boolean send(Handshake handshake) {
        while (!handshake.isSent()) {
            int length = Math.min(RECEIVE_LENGTH, handshake.output().length - handshake.sent());
            scratch.putBytes(0, handshake.output(), handshake.sent(), length);
            try {
                int sent = NativeSocket.send(handshake.socket.fd(), scratch.addressOffset(), length);
                if (sent == NativeSocket.WOULD_BLOCK) {
                    arm(handshake, Epoll.WRITABLE);
                    return false;
                }
                handshake.advance(sent);
            } catch (NativeException e) {
                drop(handshake);
                return false;
            }
        }
        return true;
    }

    private void handOver(Handshake handshake) {
        handshakes.remove(handshake.token);
        forget(handshake);
        Negotiated negotiated = handshake.negotiator.negotiated();
        int agent = Math.floorMod(negotiated.export().ownerKey(), agents.size());
        agents.get(agent).adopt(handshake.socket, negotiated, handshake.negotiator.unread(), handshake.secure());
    }

    // Ending

    private void dropOverdue(long nowNs) {
        for (Handshake handshake : new ArrayList<>(handshakes.values())) {
            if (nowNs - handshake.deadlineNs > 0) {
                String suffix = delays.suffix(nowNs);
                if (suffix != null) {
                    LOG.info("{} did not finish its handshake within {} s{}", handshake.socket.peer(),
                            TimeUnit.NANOSECONDS.toSeconds(deadlineNs), suffix);
                }
                counters.get(Counter.DEADLINES_PASSED).increment();
                drop(handshake);
            }
        }
    }

    private void drop(Handshake handshake) {
        if (handshakes.remove(handshake.token) == null) {
            return;
        }
        if (handshake.outcome != Negotiator.Outcome.CLOSE) {
            counters.get(Counter.HANDSHAKES_FAILED).increment();
        }
        counters.get(Counter.CONNECTIONS_CLOSED).increment();
        forget(handshake);
        handshake.socket.close();
        handshake.cancelled = true;
        if (!handshake.busy) {
            handshake.negotiator.abandon();
        }
    }

    private void forget(Handshake handshake) {
        try {
            epoll.remove(handshake.socket.fd());
        } catch (NativeException e) {
            LOG.warn("{}", e.getMessage());
        }
    }

    private void arm(Handshake handshake, int events) {
        try {
            epoll.modify(handshake.socket.fd(), events, handshake.token);
        } catch (NativeException e) {
            drop(handshake);
        }
    }

    /**
     * Accepts on {@code wanted} and closes all other listeners; {@code done} runs when that has happened. A listener
     * that stays may have other settings now.
     */
    void changeDoors(List<Door> wanted, Runnable done) {
        enqueue(() -> {
            Map<Listener, Integer> tokens = new HashMap<>();
            doors.forEach((token, door) -> tokens.put(door.listener(), token));
            for (Door door : wanted) {
                Integer present = tokens.remove(door.listener());
                if (present != null) {
                    doors.put((int) present, door);
                } else {
                    begin(door);
                }
            }
            for (Map.Entry<Listener, Integer> unwanted : tokens.entrySet()) {
                doors.remove((int) unwanted.getValue());
                close(unwanted.getKey());
            }
            done.run();
        });
    }

    private void begin(Door door) {
        try {
            epoll.add(door.listener().fd(), Epoll.READABLE, nextToken);
            doors.put(nextToken++, door);
        } catch (NativeException e) {
            LOG.error("{} accepts nobody: {}", door.listener().address(), e.getMessage());
        }
    }

    private void close(Listener listener) {
        try {
            epoll.remove(listener.fd());
        } catch (NativeException e) {
            LOG.warn("{}", e.getMessage());
        }
        listener.close();
    }

    /** Any thread may call it. Handshakes that have begun keep their deadline. */
    void changeLimits(Limits next) {
        doorkeeper.change(next);
        enqueue(() -> deadlineNs = next.handshakeDeadline().toNanos());
    }

    /** Closes the listeners, and refuses what clients ask for in their handshakes; {@code done} runs behind that. */
    void stopAccepting(Runnable done) {
        enqueue(() -> {
            for (Door door : doors.values()) {
                close(door.listener());
            }
            doors.clear();
            handshakes.values().forEach(handshake -> handshake.negotiator.stop());
            done.run();
        });
    }

    /**
     * Closes every handshake, and no longer sleeps, so that the thread ends at once. {@code done} runs when that has
     * happened and no worker opens an export any more.
     */
    void stop(Runnable done) {
        enqueue(() -> {
            new ArrayList<>(handshakes.values()).forEach(this::drop);
            stopping = true;
            onStopped = done;
            endIfStopped();
        });
    }

    @Override
    public void onClose() {
        synchronized (closing) {
            closed = true;
        }
        for (Runnable late = tasks.poll(); late != null; late = tasks.poll()) {
            late.run();
        }
        CloseHelper.quietCloseAll(epoll, wakeUp);
    }

    @Override
    public String roleName() {
        return "varve-handshake";
    }
}
