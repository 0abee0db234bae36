package io.varve.daemon.serve;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.RareLine;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.session.MemoryBudget;
import io.varve.nbd.session.SlotPool;
import io.varve.shim.NativeException;
import io.varve.shim.socket.Connection;
import io.varve.shim.socket.Epoll;
import io.varve.shim.socket.FileSender;
import io.varve.shim.socket.NativeSocket;
import io.varve.shim.socket.SendQueue;
import io.varve.shim.socket.WakeUp;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the connections of its exports: one thread, one epoll instance, one receive buffer, one pool of slots.
 *
 * <p>A duty cycle reads the clock once, runs tasks that other threads posted, receives from every socket that has
 * something (many requests at a time, see {@link Gathering}), and sends the replies of a connection together. When
 * nothing is left it looks for more during {@code spinNs} before it sleeps in epoll_wait, because a client with few
 * requests in flight answers sooner than a sleeping thread wakes up.
 *
 * <p>Thread-safe because {@link #post} and {@link #adopt} only enqueue; all else happens on the agent's thread.
 */
final class ConnectionAgent implements Agent, ExportOwner {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionAgent.class);

    /** Between two lines about the same misdeed of clients, of which hostile ones could fill the log. */
    static final long LOG_PERIOD_NS = TimeUnit.SECONDS.toNanos(10);

    private static final int WAKE_UP_TOKEN = 0;
    private static final int RECEIVE_LENGTH = 256 * 1024;
    /** Room for a few large replies, so that a pass seldom ends with a full socket. */
    private static final int SEND_BUFFER_LENGTH = 1024 * 1024;
    private static final int POOL_KEPT_LENGTH = 2 * 1024 * 1024;
    /**
     * More than all disks of an agent can have at the workers at once: a full queue would make workers wait for an
     * agent that may itself wait for a worker.
     */
    private static final int QUEUE_CAPACITY = 64 * 1024;
    private static final int TASKS_PER_CYCLE = 256;
    private static final int SLEEP_MS = 1000;
    private static final long SCAN_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int STARVING_SLEEP_MS = 10;
    private static final long SHORT_STALL_NS = TimeUnit.SECONDS.toNanos(2);

    private final String name;
    private final long spinNs;
    private final Epoll epoll;
    private final WakeUp wakeUp;
    private final ManyToOneConcurrentArrayQueue<Runnable> tasks = new ManyToOneConcurrentArrayQueue<>(QUEUE_CAPACITY);
    private final Int2ObjectHashMap<ServedConnection> connections = new Int2ObjectHashMap<>();
    private final ArrayList<ServedConnection> toFlush = new ArrayList<>();
    private final ArrayList<ServedConnection> overdue = new ArrayList<>();
    private final ArrayList<ServedConnection> toReceive = new ArrayList<>();
    private final MemoryBudget memory;
    private final SlotPool pool;
    private final UnsafeBuffer shared;
    /** Null until the first client with TLS. */
    private SecureBuffers secureBuffers;
    private final SendQueue sendQueue = new SendQueue();
    private final FileSender fileSender = new FileSender();
    private final Counters counters;
    private final AtomicCounter queueFull;
    private final AtomicCounter rejected;
    private long idleNs;
    private long stallNs;
    private final RareLine delays = new RareLine(LOG_PERIOD_NS);
    private final RareLine shortages = new RareLine(LOG_PERIOD_NS);

    private int nextToken = WAKE_UP_TOKEN + 1;
    private long lastWorkNs;
    private long nextScanNs;
    private boolean starving;
    private boolean draining;
    private boolean stopping;
    private volatile long nowNs = System.nanoTime();
    private volatile boolean asleep;

    ConnectionAgent(String name, long spinNs, Counters counters, Limits limits, MemoryBudget memory)
            throws NativeException {
        this.name = name;
        this.spinNs = spinNs;
        this.memory = memory;
        this.pool = new SlotPool(POOL_KEPT_LENGTH, memory);
        this.epoll = new Epoll();
        this.wakeUp = new WakeUp();
        this.shared = new SlotPool(RECEIVE_LENGTH).acquire(RECEIVE_LENGTH);
        this.counters = counters;
        this.idleNs = limits.idleDeadline().toNanos();
        this.stallNs = limits.stallDeadline().toNanos();
        this.queueFull = counters.get(Counter.OWNER_QUEUE_FULL);
        this.rejected = counters.get(Counter.REQUESTS_REJECTED);
        epoll.add(wakeUp.fd(), Epoll.READABLE, WAKE_UP_TOKEN);
    }

    // From other threads

    /** Holds from now on, also for connections that are open. */
    void changeLimits(Limits next) {
        post(() -> {
            idleNs = next.idleDeadline().toNanos();
            stallNs = next.stallDeadline().toNanos();
        });
    }

    @Override
    public void post(Runnable task) {
        while (!tasks.offer(task)) {
            queueFull.increment();
            wakeUp.signal();
            LockSupport.parkNanos(50_000);
        }
        if (asleep) {
            wakeUp.signal();
        }
    }

    @Override
    public long nowNs() {
        return nowNs;
    }

    /**
     * Hands a negotiated connection over; from here on only this agent touches it.
     *
     * @param secure null without TLS
     */
    void adopt(Connection socket, Negotiated negotiated, byte[] unread, SecureHandshake secure) {
        post(() -> open(socket, negotiated, unread, secure));
    }

    // The duty cycle

    @Override
    public int doWork() {
        nowNs = System.nanoTime();
        int workCount = tasks.drain(Runnable::run, TASKS_PER_CYCLE);
        workCount += receiveKept();
        boolean busy = stopping || workCount > 0 || !toReceive.isEmpty() || nowNs - lastWorkNs < spinNs;
        workCount += poll(busy ? 0 : starving ? STARVING_SLEEP_MS : SLEEP_MS);
        flushRequested();
        if (nowNs - nextScanNs >= 0) {
            nextScanNs = nowNs + SCAN_NS;
            dropOverdue();
            pool.trim();
        }
        feedStarving();
        if (workCount > 0) {
            lastWorkNs = nowNs;
        }
        return workCount;
    }

    private int poll(int timeoutMs) {
        try {
            return handle(timeoutMs == 0 ? epoll.await(0) : sleep(timeoutMs));
        } catch (NativeException e) {
            throw new IllegalStateException(name + " cannot wait for its sockets", e);
        }
    }

    private int sleep(int timeoutMs) throws NativeException {
        asleep = true;
        try {
            // A task that was posted before the flag was seen would otherwise wait for the timeout.
            return epoll.await(tasks.isEmpty() ? timeoutMs : 0);
        } finally {
            asleep = false;
            nowNs = System.nanoTime();
        }
    }

    private int handle(int eventCount) throws NativeException {
        for (int i = 0; i < eventCount; i++) {
            int token = epoll.token(i);
            if (token == WAKE_UP_TOKEN) {
                wakeUp.drain();
                continue;
            }
            ServedConnection connection = connections.get(token);
            if (connection != null) {
                handle(connection, epoll.events(i), eventCount == 1 && spinNs > 0 && tasks.isEmpty());
            }
        }
        return eventCount;
    }

    private void handle(ServedConnection connection, int events, boolean alone) {
        try {
            if ((events & Epoll.WRITABLE) != 0) {
                connection.flush();
            }
            if ((events & Epoll.READABLE) != 0) {
                connection.receive(alone);
                long rejectedCount = connection.takeRejectedCount();
                if (rejectedCount > 0) {
                    rejected.getAndAdd(rejectedCount);
                }
            } else if ((events & Epoll.HANGUP) != 0) {
                connection.markBroken();
            }
            settle(connection);
        } catch (RuntimeException | AssertionError | OutOfMemoryError e) {
            // One client's trouble must not become everybody's: this connection ends, the others never notice.
            LOG.error("{}: closing the connection of {} after a failure", name, connection.socket().peer(), e);
            close(connection);
        }
    }

    /** Reads what TLS has decrypted, but the session had no room for: no event of a socket will tell. */
    private int receiveKept() {
        int count = toReceive.size();
        for (int i = 0; i < count; i++) {
            ServedConnection connection = toReceive.get(i);
            connection.setKeptRequested(false);
            if (connections.get(connection.token()) == connection) {
                handle(connection, Epoll.READABLE, false);
            }
        }
        toReceive.subList(0, count).clear();
        return count;
    }

    private void flushRequested() {
        for (int i = 0; i < toFlush.size(); i++) {
            ServedConnection connection = toFlush.get(i);
            connection.flush();
            settle(connection);
        }
        toFlush.clear();
    }

    /**
     * Waits without sleeping.
     *
     * @return false at once if another thread has posted a task
     */
    boolean pause(long ns) {
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < ns) {
            if (!tasks.isEmpty()) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    SendQueue sendQueue() {
        return sendQueue;
    }

    FileSender fileSender() {
        return fileSender;
    }

    void flushLater(ServedConnection connection) {
        toFlush.add(connection);
    }

    /** After any change: closes what is done, waits for what is wanted. */
    private void settle(ServedConnection connection) {
        if (connection.mustClose()) {
            close(connection);
            return;
        }
        if (connection.hasKeptInput()) {
            connection.setKeptRequested(true);
            toReceive.add(connection);
        }
        int wanted = connection.wantedEvents();
        if (wanted != connection.armedEvents()) {
            try {
                epoll.modify(connection.fd(), wanted, connection.token());
                connection.setArmedEvents(wanted);
            } catch (NativeException e) {
                LOG.warn("{}: closing the connection of {}: {}", name, connection.socket().peer(), e.getMessage());
                connection.markBroken();
                close(connection);
            }
        }
    }

    // Opening and closing

    private void open(Connection socket, Negotiated negotiated, byte[] unread, SecureHandshake secure) {
        int token = nextToken++;
        ServedConnection connection = new ServedConnection(
                this, socket, token, transport(socket, secure), negotiated, pool, shared);
        negotiated.export().attach(this);
        try {
            NativeSocket.setSendBuffer(connection.fd(), SEND_BUFFER_LENGTH);
            epoll.add(connection.fd(), Epoll.READABLE, token);
        } catch (NativeException e) {
            LOG.warn("{}: refusing {}: {}", name, socket.peer(), e.getMessage());
            socket.close();
            negotiated.export().close();
            return;
        }
        connections.put(token, connection);
        counters.get(Counter.SESSIONS_OPENED).increment();
        connection.session().adopt(unread);
        settle(connection);
        if (draining) {
            drain(connection);
        }
    }

    private SecureTransport transport(Connection socket, SecureHandshake secure) {
        if (secure == null) {
            return null;
        }
        if (secureBuffers == null) {
            secureBuffers = new SecureBuffers();
        }
        return new SecureTransport(socket.fd(), secure.channel(), secure.unread(), secureBuffers, pool);
    }

    /** Closes the socket now, and the export as soon as no request is parked in it. */
    private void close(ServedConnection connection) {
        if (connections.remove(connection.token()) != null) {
            String violation = connection.session().violation();
            if (!violation.isEmpty()) {
                counters.get(Counter.PROTOCOL_ERRORS).increment();
                LOG.warn("{}: closing the connection of {}: {}", name, connection.socket().peer(), violation);
            }
            forget(connection);
            connection.end();
            connection.socket().close();
            connection.markBroken();
            connection.session().abort();
            counters.get(Counter.CONNECTIONS_CLOSED).increment();
        }
        connection.closeExportIfFinished();
    }

    /** Sessions that take no requests for want of memory have no event that wakes them when there is some again. */
    private void feedStarving() {
        if (pool.takeRefused() && !starving) {
            starving = true;
            counters.get(Counter.MEMORY_SHORTAGES).increment();
            String suffix = shortages.suffix(nowNs);
            if (suffix != null) {
                LOG.warn("{}: requests wait for memory: connections hold {} bytes, the limit of all{}", name,
                        memory.used(), suffix);
            }
        }
        if (starving && !memory.isExhausted()) {
            starving = false;
            for (ServedConnection connection : new ArrayList<>(connections.values())) {
                connection.flush();
                settle(connection);
            }
        }
    }

    private void dropOverdue() {
        long stallNs = this.stallNs;
        if (memory.isExhausted()) {
            // Whoever holds memory and does nothing keeps it from all others.
            stallNs = stallNs == 0 ? SHORT_STALL_NS : Math.min(stallNs, SHORT_STALL_NS);
        }
        if (idleNs == 0 && stallNs == 0) {
            return;
        }
        for (ServedConnection connection : connections.values()) {
            String delay = connection.overdue(nowNs, idleNs, stallNs);
            if (!delay.isEmpty()) {
                overdue.add(connection);
                tellDelay(connection, delay);
            }
        }
        overdue.forEach(this::close);
        overdue.clear();
    }

    private void tellDelay(ServedConnection connection, String delay) {
        counters.get(Counter.DEADLINES_PASSED).increment();
        String suffix = delays.suffix(nowNs);
        if (suffix != null) {
            LOG.warn("{}: closing the connection of {}: {}{}", name, connection.socket().peer(), delay, suffix);
        }
    }

    private void forget(ServedConnection connection) {
        try {
            epoll.remove(connection.fd());
        } catch (NativeException e) {
            LOG.warn("{}: {}", name, e.getMessage());
        }
    }

    /** Answers further requests with ESHUTDOWN; connections close when what is in flight is answered. */
    void drain() {
        post(() -> {
            draining = true;
            new ArrayList<>(connections.values()).forEach(this::drain);
        });
    }

    private void drain(ServedConnection connection) {
        connection.drain();
        settle(connection);
    }

    /** Closes what is still open. */
    void abort() {
        post(() -> new ArrayList<>(connections.values()).forEach(connection -> {
            connection.markBroken();
            settle(connection);
        }));
    }

    /** No longer sleeps, so that its thread ends at once when it is told to. */
    void stop() {
        post(() -> stopping = true);
    }

    List<ConnectionStatus> status() {
        List<ConnectionStatus> list = new ArrayList<>();
        connections.values().forEach(connection -> list.add(connection.status(name)));
        return list;
    }

    @Override
    public void onClose() {
        CloseHelper.quietCloseAll(epoll, wakeUp);
    }

    @Override
    public String roleName() {
        return name;
    }
}
