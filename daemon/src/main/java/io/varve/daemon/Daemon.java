package io.varve.daemon;

import io.varve.daemon.access.AccessDirectory;
import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.cli.RunningDaemon;
import io.varve.daemon.control.ControlServer;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.serve.Server;
import io.varve.daemon.store.BackgroundScrub;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Maintenance;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreDirectory;
import io.varve.daemon.store.UpkeepPolicy;
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

    /** What was started, newest first: the order in which it ends. */
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private Server server;
    private StoreDirectory directory;
    private AccessDirectory access;

    private Daemon() {}

    /**
     * Returns when every listener accepts connections.
     *
     * @throws IOException with one line that says what stands in the way; nothing runs then
     */
    static Daemon start(DaemonContext context) throws IOException {
        Daemon daemon = new Daemon();
        try {
            daemon.open(context);
            return daemon;
        } catch (IOException | RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    private void open(DaemonContext context) throws IOException {
        Store store = Store.openOrCreate(new NativeFileSpace(), context.store());
        parts.push(store.lockForDaemon());
        for (ImageName image : context.exports().images()) {
            store.image(image);
        }
        Runnable cleaning = store.leftovers();
        Counters counters = new Counters(store.layout().counters());
        Workers workers = started(new Workers(context.workerCount()));
        Workers doors = started(new Workers(context.doorCount()));
        BootEngine boots =
                started(new BootEngine(workers::background, workers.demandExecutor(), counters));
        ServedExports exports = context.exports();
        directory = started(
                new StoreDirectory(store, exports.images(), exports.overlays(), boots, workers, counters));
        directory.changeOverlays(exports.choice(), exports.modes());
        access = new AccessDirectory(directory, exports.access());
        server = started(Server.start(context.server(), access, doors, counters));
        SocketModes.apply(context.sockets());
        UpkeepPolicy upkeep = context.upkeep();
        BackgroundScrub scrub =
                upkeep.scrubRate() == 0 ? null : started(BackgroundScrub.start(store, upkeep.scrubRate()));
        started(Maintenance.start(store, directory, upkeep));
        started(ControlServer.start(
                store.layout().controlSocket(),
                new DaemonControl(new DaemonStatus(context, server, directory, counters, scrub), directory)));
        doors.demand(cleaning);
        LOG.info("serving {} on {}", exports.images().isEmpty() ? "every image of " + context.store()
                : exports.images(), server.addresses());
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
