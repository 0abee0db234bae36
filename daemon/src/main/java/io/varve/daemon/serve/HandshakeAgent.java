package io.varve.daemon.serve;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.negotiate.NegotiationLimits;
import io.varve.nbd.negotiate.Negotiator;
import io.varve.shim.NativeException;
import io.varve.shim.socket.Connection;
import io.varve.shim.socket.Epoll;
import io.varve.shim.socket.Listener;
import io.varve.shim.socket.NativeSocket;
import io.varve.shim.socket.WakeUp;
import java.util.ArrayList;
import java.util.List;
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
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(30);

    private final Epoll epoll;
    private final WakeUp wakeUp;
    private final ExportDirectory directory;
    private final Workers workers;
    private final Counters counters;
    private final List<ConnectionAgent> agents;
    private final Int2ObjectHashMap<Listener> listeners = new Int2ObjectHashMap<>();
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

    HandshakeAgent(List<Listener> listening, ExportDirectory directory, Workers workers, Counters counters,
            List<ConnectionAgent> agents) throws NativeException {
        this.directory = directory;
        this.workers = workers;
        this.counters = counters;
        this.agents = agents;
        this.epoll = new Epoll();
        this.wakeUp = new WakeUp();
        epoll.add(wakeUp.fd(), Epoll.READABLE, WAKE_UP_TOKEN);
        for (Listener listener : listening) {
            epoll.add(listener.fd(), Epoll.READABLE, nextToken);
            listeners.put(nextToken++, listener);
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
        Listener listener = listeners.get(token);
        if (listener != null) {
            accept(listener, token, nowNs);
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

    private void accept(Listener listener, int token, long nowNs) throws NativeException {
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
            if (handshakes.size() >= MAX_HANDSHAKES) {
                counters.get(Counter.CONNECTIONS_REFUSED).increment();
                socket.close();
            } else {
                counters.get(Counter.CONNECTIONS_ACCEPTED).increment();
                begin(socket, nowNs);
            }
        }
    }

    private void resumeAccepting() throws NativeException {
        for (int token : paused) {
            Listener listener = listeners.get(token);
            if (listener != null) {
                epoll.modify(listener.fd(), Epoll.READABLE, token);
            }
        }
        paused.clear();
    }

    private void begin(Connection socket, long nowNs) {
        Negotiator negotiator = new Negotiator(directory, NegotiationLimits.DEFAULT);
        Handshake handshake = new Handshake(socket, nextToken++, negotiator, nowNs + DEADLINE_NS);
        try {
            NativeSocket.setNoDelay(socket.fd());
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
        try {
            outcome = handshake.negotiator.onBytes(new UnsafeBuffer(bytes), 0, bytes.length);
        } catch (RuntimeException e) {
            LOG.error("handshake of {} failed", handshake.socket.peer(), e);
            outcome = Negotiator.Outcome.CLOSE;
        }
        Negotiator.Outcome result = outcome;
        if (!enqueue(() -> onNegotiated(handshake, result))) {
            handshake.negotiator.abandon();
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

    private void onNegotiated(Handshake handshake, Negotiator.Outcome outcome) {
        handshake.busy = false;
        busyCount--;
        handshake.outcome = outcome;
        if (handshake.cancelled) {
            handshake.negotiator.abandon();
        } else {
            handshake.queueOutput(handshake.negotiator.takeOutput());
            proceed(handshake);
        }
        endIfStopped();
    }

    private void endIfStopped() {
        if (stopping && busyCount == 0) {
            onStopped.run();
            onStopped = () -> { };
        }
    }

    /** Sends what is to be sent, then does what the last step of the negotiation asks for. */
    private void proceed(Handshake handshake) {
        if (!send(handshake)) {
            return;
        }
        switch (handshake.outcome) {
            case CONTINUE -> arm(handshake, Epoll.READABLE);
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
        agents.get(agent).adopt(handshake.socket, negotiated, handshake.negotiator.unread());
    }

    // Ending

    private void dropOverdue(long nowNs) {
        for (Handshake handshake : new ArrayList<>(handshakes.values())) {
            if (nowNs - handshake.deadlineNs > 0) {
                LOG.info("{} did not finish its handshake within {} s", handshake.socket.peer(),
                        TimeUnit.NANOSECONDS.toSeconds(DEADLINE_NS));
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
     * Closes the listeners and every handshake, and no longer sleeps then. {@code done} runs when that has happened
     * and no worker opens an export any more.
     */
    void stopAccepting(Runnable done) {
        enqueue(() -> {
            for (Listener listener : listeners.values()) {
                try {
                    epoll.remove(listener.fd());
                } catch (NativeException e) {
                    LOG.warn("{}", e.getMessage());
                }
                listener.close();
            }
            listeners.clear();
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
