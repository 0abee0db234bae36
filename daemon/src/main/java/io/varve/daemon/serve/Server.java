package io.varve.daemon.serve;

import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.daemon.serve.tls.SecureChannels;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.negotiate.TlsMode;
import io.varve.nbd.session.MemoryBudget;
import io.varve.shim.NativeThread;
import io.varve.shim.socket.Listener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listeners, the handshake agent, and the connection agents.
 *
 * <p>Thread-safe because it only starts and stops threads and asks them through their queues.
 */
public final class Server implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    /**
     * By how much those who only open connections go behind those who serve them; see {@link NativeThread#giveWay}.
     * Enough to be interrupted at once, not enough to starve on a busy machine.
     */
    public static final int HANDSHAKE_STEPS = 5;

    private static final long STATUS_LIMIT_SECONDS = 5;
    private static final long DRAIN_POLL_MS = 5;

    private final ServerConfig config;
    /** By what was asked for; replaced as a whole. */
    private volatile Map<ListenAddress, Door> doors;
    private final List<ConnectionAgent> agents = new ArrayList<>();
    private final HandshakeAgent handshakes;
    private final List<AgentRunner> runners = new ArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private Server(ServerConfig config, Map<ListenAddress, Door> doors, ExportDirectory directory,
            Workers workers, Counters counters) throws IOException {
        this.config = config;
        this.doors = doors;
        MemoryBudget memory = new MemoryBudget(config.limits().memoryLength());
        for (int i = 0; i < config.agentCount(); i++) {
            agents.add(new ConnectionAgent(
                    "varve-agent-" + i, config.spin().toNanos(), counters, config.limits(), memory));
        }
        handshakes = new HandshakeAgent(
                List.copyOf(doors.values()), directory, workers, counters, agents, config.limits());
    }

    /**
     * Opens all listeners, then starts to accept.
     *
     * @throws IOException if an address cannot be had; none is kept open then
     */
    public static Server start(ServerConfig config, ExportDirectory directory, Workers workers, Counters counters)
            throws IOException {
        Map<ListenAddress, Door> doors = open(config.listeners(), Map.of());
        try {
            Server server = new Server(config, doors, directory, workers, counters);
            server.agents.forEach(agent -> server.run(agent, Thread::new));
            server.run(server.handshakes, HandshakeThread::new);
            return server;
        } catch (IOException | RuntimeException e) {
            doors.values().forEach(door -> door.listener().close());
            throw e;
        }
    }

    /** What is wanted, with the listeners that are open where an address stays; all of it, or nothing is opened. */
    private static Map<ListenAddress, Door> open(List<ListenSettings> wanted, Map<ListenAddress, Door> present)
            throws IOException {
        Map<ListenAddress, Door> doors = new LinkedHashMap<>();
        List<Listener> opened = new ArrayList<>();
        try {
            for (ListenSettings settings : wanted) {
                if (doors.containsKey(settings.address())) {
                    continue; // Named twice.
                }
                // First: what is wrong with a certificate must be known before anybody can connect.
                SecureChannels channels = channels(settings.tls());
                Door old = present.get(settings.address());
                Listener listener = old == null ? listen(settings.address()) : old.listener();
                if (old == null) {
                    opened.add(listener);
                }
                doors.put(settings.address(), new Door(listener, settings.tls().mode(), channels));
            }
            return doors;
        } catch (IOException | RuntimeException e) {
            opened.forEach(Listener::close);
            throw e;
        }
    }

    /**
     * Reads what a listener would encrypt with, and forgets it.
     *
     * @throws IOException with one line that says which file is wrong, and how
     */
    public static void requireUsable(TlsSettings tls) throws IOException {
        channels(tls);
    }

    private static SecureChannels channels(TlsSettings tls) throws IOException {
        if (tls.isOff()) {
            return null;
        }
        if (tls.pskFile() != null && tls.certificates() != null) {
            return SecureChannels.ofBoth(tls.certificates(), tls.pskFile(), tls.verifyPeer());
        }
        return tls.pskFile() != null
                ? SecureChannels.ofPsk(tls.pskFile())
                : SecureChannels.ofCertificates(tls.certificates(), tls.verifyPeer());
    }

    private static Listener listen(ListenAddress address) throws IOException {
        if (address instanceof ListenAddress.Unix unix) {
            return Listener.unix(unix.path());
        }
        if (address instanceof ListenAddress.Inherited inherited) {
            return Listener.inherited(inherited.fd());
        }
        ListenAddress.Tcp tcp = (ListenAddress.Tcp) address;
        return Listener.tcp(tcp.host(), tcp.port());
    }

    private void run(Agent agent, ThreadFactory threads) {
        // Agents wait in epoll_wait themselves, so there is nothing for an idle strategy to do.
        AgentRunner runner = new AgentRunner(
                NoOpIdleStrategy.INSTANCE,
                e -> LOG.error("{} goes on after a failure", agent.roleName(), e),
                null,
                agent);
        AgentRunner.startOnThread(runner, threads);
        runners.add(runner);
    }

    /** Gives way to the agents of connections. */
    private static final class HandshakeThread extends Thread {

        HandshakeThread(Runnable agent) {
            super(agent);
        }

        @Override
        public void run() {
            NativeThread.giveWay(HANDSHAKE_STEPS);
            super.run();
        }
    }

    /** Where it listens, as {@code unix:///path} or {@code tcp://host:port}, the port being the real one. */
    public List<String> addresses() {
        return doors.values().stream().map(door -> door.listener().address()).toList();
    }

    /** @param address one of {@link #addresses} */
    public TlsMode tlsOf(String address) {
        return doors.values().stream()
                .filter(door -> door.listener().address().equals(address))
                .findFirst().map(Door::tls).orElse(TlsMode.OFF);
    }

    /**
     * Opens what is new, then closes what is no longer wanted. Connections stay, whatever they came through.
     *
     * @throws IOException if an address cannot be had; nothing has changed then
     */
    public synchronized void changeListeners(List<ListenSettings> wanted) throws IOException {
        Map<ListenAddress, Door> next = open(wanted, doors);
        doors = next;
        CompletableFuture<Void> done = new CompletableFuture<>();
        handshakes.changeDoors(List.copyOf(next.values()), () -> done.complete(null));
        done.completeOnTimeout(null, STATUS_LIMIT_SECONDS, TimeUnit.SECONDS).join();
    }

    /** The deadlines and counts hold from now on, also for connections that are open; the memory stays. */
    public void changeLimits(Limits next) {
        handshakes.changeLimits(next);
        agents.forEach(agent -> agent.changeLimits(next));
    }

    public int agentCount() {
        return agents.size();
    }

    /** All connections in the transmission phase. An agent that does not answer in time is left out. */
    public List<ConnectionStatus> connections() {
        List<CompletableFuture<List<ConnectionStatus>>> answers = new ArrayList<>();
        for (ConnectionAgent agent : agents) {
            CompletableFuture<List<ConnectionStatus>> answer = new CompletableFuture<>();
            agent.post(() -> answer.complete(agent.status()));
            answers.add(answer.completeOnTimeout(List.of(), STATUS_LIMIT_SECONDS, TimeUnit.SECONDS));
        }
        return answers.stream().flatMap(answer -> answer.join().stream()).toList();
    }

    /**
     * Stops accepting, lets requests in flight finish for a limited time, closes all connections and their exports,
     * and ends the threads. Again does nothing.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        handshakes.stopAccepting(stopped::countDown);
        try {
            stopped.await(config.drainLimit().toNanos(), TimeUnit.NANOSECONDS);
            agents.forEach(ConnectionAgent::drain);
            if (!awaitNoConnections(System.nanoTime() + config.drainLimit().toNanos())) {
                LOG.warn("closing {} connections with requests in flight", connections().size());
                agents.forEach(ConnectionAgent::abort);
                awaitNoConnections(System.nanoTime() + config.drainLimit().toNanos());
            }
            endHandshakes();
            // The last handshake may have handed its connection over just before.
            awaitNoConnections(System.nanoTime() + config.drainLimit().toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            agents.forEach(ConnectionAgent::stop);
            runners.forEach(AgentRunner::close);
        }
    }

    private void endHandshakes() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        handshakes.stop(ended::countDown);
        ended.await(STATUS_LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private boolean awaitNoConnections(long deadlineNs) throws InterruptedException {
        while (!connections().isEmpty()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(DRAIN_POLL_MS);
        }
        return true;
    }
}
