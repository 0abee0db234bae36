package io.varve.daemon;

import io.varve.daemon.access.AccessDirectory;
import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.cli.RunningDaemon;
import io.varve.daemon.config.ConfigException;
import io.varve.daemon.control.ControlServer;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.serve.Server;
import io.varve.daemon.store.ImageLink;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreDirectory;
import io.varve.nbd.negotiate.TlsMode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All rooms, wired together and running.
 *
 * <p>Design note: opening an export has threads of its own (the doors), because it may wait for the last connection of
 * the same client to be closed, which the workers do.
 *
 * <p>Thread-safe because its parts are; {@link #close} is called once.
 */
final class Daemon implements RunningDaemon {

    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    /** Threads that may wait while an export is opened. */
    private static final int DOORS = 4;

    /** What was started, newest first: the order in which it ends. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private Server server;
    private StoreDirectory directory;
    private AccessDirectory access;
    private Upkeep upkeep;
    private Wiring.ContextSource source;
    private volatile DaemonContext present;

    private Daemon() {}

    /**
     * Returns when every listener accepts connections.
     *
     * @throws IOException with one line that says what stands in the way; nothing runs then
     */
    static Daemon start(Wiring.ContextSource source) throws IOException {
        Daemon daemon = new Daemon();
        try {
            daemon.source = source;
            daemon.present = source.read();
            daemon.open(daemon.present);
            return daemon;
        } catch (IOException | RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    private void open(DaemonContext context) throws IOException {
        Store store = Store.openOrCreate(new NativeFileSpace(), context.store());
        parts.push(store.lockForDaemon());
        for (ImageLink link : context.exports().offer().files()) {
            link.publish(store);
        }
        for (ImageName image : context.exports().offer().names()) {
            store.image(image);
        }
        Runnable cleaning = store.leftovers();
        Counters counters = new Counters(store.layout().counters());
        Workers workers = started(new Workers(context.workerCount()));
        Workers doors = started(Workers.givingWay("varve-door", DOORS, Server.HANDSHAKE_STEPS));
        BootEngine boots =
                started(new BootEngine(workers::background, workers.demandExecutor(), counters));
        ServedExports exports = context.exports();
        directory = started(
                new StoreDirectory(store, exports.offer().names(), exports.overlays(), boots, workers, counters));
        directory.changeOverlays(exports.choice(), exports.modes());
        access = new AccessDirectory(directory, exports.access());
        server = started(Server.start(context.server(), access, doors, counters));
        SocketModes.apply(context.sockets());
        upkeep = started(Upkeep.start(store, directory, boots, context.upkeep()));
        started(ControlServer.start(
                store.layout().controlSocket(),
                new DaemonControl(new DaemonStatus(() -> present, server, directory, counters, upkeep), directory,
                        upkeep, this::reload)));
        doors.demand(cleaning);
        LOG.info("serving {} on {}", exports.offer().names().isEmpty() ? "every image of " + context.store()
                : exports.offer().names(), server.addresses());
    }

    /**
     * Reads the configuration file again. What it says holds at once, and drops nobody.
     *
     * @return what cannot change while the daemon runs, one line each
     * @throws IOException if the file cannot be used, or not without a restart; nothing has changed then
     */
    @Override
    public synchronized List<String> reload() throws IOException {
        DaemonContext next;
        try {
            next = source.read();
            apply(next);
        } catch (IOException e) {
            List<String> lines = e instanceof ConfigException config ? config.mistakes() : List.of(e.getMessage());
            lines.forEach(line -> LOG.error("the configuration stays as it is: {}", line));
            throw e;
        }
        List<String> waiting = present.waitingFor(next);
        present = next.runningAs(present);
        LOG.info("the configuration was read again, listening on {}", server.addresses());
        waiting.forEach(LOG::warn);
        return waiting;
    }

    private void apply(DaemonContext next) throws IOException {
        ServedExports exports = next.exports();
        if (exports.modes().contains(OverlayMode.MEMORY)
                && present.exports().overlays().mode() != OverlayMode.MEMORY) {
            throw new IOException("overlay = \"memory\": the daemon was started without overlays in memory: "
                    + "restart it to have them");
        }
        server.changeListeners(next.server().listeners());
        SocketModes.apply(next.sockets());
        directory.changeOverlays(exports.choice(), exports.modes());
        access.change(exports.access());
        server.changeLimits(next.server().limits());
        upkeep.change(next.upkeep());
    }

    private <T extends AutoCloseable> T started(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public List<String> addresses() {
        return server.addresses();
    }

    @Override
    public TlsMode tlsOf(String address) {
        return server.tlsOf(address);
    }

    @Override
    public List<String> exports() throws IOException {
        return directory.images().stream().map(ImageName::toString).toList();
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.error("{} did not end cleanly", part.getClass().getSimpleName(), e);
            }
        }
    }
}
