package io.varve.daemon;

import io.varve.daemon.cli.ServeSettings;
import io.varve.daemon.config.Config;
import io.varve.daemon.config.ListenerSettings;
import io.varve.daemon.serve.Limits;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.serve.ListenSettings;
import io.varve.daemon.serve.Server;
import io.varve.daemon.serve.ServerConfig;
import io.varve.daemon.serve.TlsSettings;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.daemon.store.StoreLayout;
import io.varve.daemon.store.UpkeepPolicy;
import io.varve.nbd.negotiate.TlsMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a daemon is started with, after every default was filled in.
 *
 * @param store       directory of the store
 * @param exports     what is served, and to whom
 * @param server      where and how to serve
 * @param sockets     listeners of the configuration file; empty if others hold
 * @param workerCount threads that may wait for disks on behalf of requests
 * @param upkeep      what is done for the store beside serving
 * @param config      the file that some of this came from
 */
record DaemonContext(
        Path store,
        ServedExports exports,
        ServerConfig server,
        List<ListenerSettings> sockets,
        int workerCount,
        UpkeepPolicy upkeep,
        Optional<Config> config) {

    private static final String LOOPBACK = "127.0.0.1";
    private static final int MIN_WORKERS = 4;

    /**
     * @param config what holds where {@code settings} say nothing
     * @throws IOException if something cannot be served
     */
    static DaemonContext of(Path store, ServeSettings settings, Optional<Config> config) throws IOException {
        List<ListenerSettings> sockets = settings.listeners().isEmpty()
                ? config.map(Config::listeners).orElse(List.of()) : List.of();
        ServerConfig server = ServerConfig.of(listeners(store, settings, sockets));
        int agentCount = settings.agentCount() > 0 ? settings.agentCount() : config.map(Config::agentCount).orElse(0);
        if (agentCount > 0) {
            server = server.withAgentCount(agentCount);
        }
        server = server.withLimits(config.map(Config::limits).orElse(server.limits()));
        // Cold reads wait for the disk, not for a processor.
        int workers = Math.max(MIN_WORKERS, 2 * Runtime.getRuntime().availableProcessors());
        return new DaemonContext(store,
                config.map(ServedExports::of).orElseGet(() -> ServedExports.of(settings)),
                server, sockets, workers,
                settings.upkeep().over(config.map(Config::upkeep).orElse(UpkeepPolicy.DEFAULT)), config);
    }

    /** What {@code next} wants that needs a restart, one line each. */
    List<String> waitingFor(DaemonContext next) {
        List<String> lines = new ArrayList<>();
        note(lines, "store", config.flatMap(Config::store).map(Path::toString).orElse("left out"),
                next.config.flatMap(Config::store).map(Path::toString).orElse("left out"));
        note(lines, "agents", server.agentCount(), next.server.agentCount());
        note(lines, "limits.memory", server.limits().memoryLength(), next.server.limits().memoryLength());
        note(lines, "memory", memoryLength(), next.memoryLength());
        return lines;
    }

    private long memoryLength() {
        return config.map(Config::memoryLength).orElse(0L);
    }

    private static void note(List<String> lines, String key, Object now, Object wanted) {
        if (!now.equals(wanted)) {
            lines.add(key + ": " + wanted + " holds after a restart, until then it is " + now);
        }
    }

    /** With what cannot change as it is in {@code running}. */
    DaemonContext runningAs(DaemonContext running) {
        OverlayPolicy prepared = running.exports.overlays();
        ServedExports served = new ServedExports(
                exports.offer(), prepared, exports.choice(), exports.modes(), exports.access());
        Config asRead = config.orElseThrow();
        Config before = running.config.orElseThrow();
        Limits limits = server.limits().withMemoryLength(running.server.limits().memoryLength());
        return new DaemonContext(running.store, served,
                server.withAgentCount(running.server.agentCount()).withLimits(limits), sockets, running.workerCount,
                upkeep, Optional.of(asRead.startedAs(before)));
    }

    private static List<ListenSettings> listeners(Path store, ServeSettings settings, List<ListenerSettings> sockets)
            throws IOException {
        if (settings.listeners().isEmpty() && !sockets.isEmpty()) {
            if (!settings.tls().isOff()) {
                throw new IOException("--tls is for --listen: the listeners of the configuration have their own tls");
            }
            return listeners(sockets);
        }
        List<ListenAddress> addresses = settings.listeners().isEmpty()
                ? List.of(
                        new ListenAddress.Unix(new StoreLayout(store).nbdSocket()),
                        new ListenAddress.Tcp(LOOPBACK, ListenAddress.NBD_PORT))
                : settings.listeners();
        return addresses.stream().map(address -> new ListenSettings(address, settings.tls())).toList();
    }

    private static List<ListenSettings> listeners(List<ListenerSettings> sockets) throws IOException {
        List<ListenSettings> listeners = new ArrayList<>();
        for (ListenerSettings socket : sockets) {
            listeners.add(new ListenSettings(socket.address(), tls(socket)));
        }
        return listeners;
    }

    /** Why listeners could not encrypt, one line for each that cannot. */
    static List<String> obstacles(List<ListenerSettings> sockets) {
        List<String> lines = new ArrayList<>();
        for (ListenerSettings socket : sockets) {
            try {
                Server.requireUsable(tls(socket));
            } catch (IOException e) {
                lines.add("listener " + socket.address() + ": " + e.getMessage());
            }
        }
        return lines;
    }

    private static TlsSettings tls(ListenerSettings socket) throws IOException {
        if (socket.tls() == ListenerSettings.Tls.OFF) {
            return TlsSettings.OFF;
        }
        try {
            return new TlsSettings(
                    TlsMode.valueOf(socket.tls().name()),
                    socket.secrets().certificates().orElse(null),
                    socket.secrets().psk().orElse(null),
                    socket.verifyPeer());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
