package io.varve.daemon;

import io.varve.daemon.cli.ServeSettings;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.serve.ServerConfig;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.daemon.store.StoreLayout;
import io.varve.daemon.store.UpkeepPolicy;
import java.nio.file.Path;
import java.util.List;

/**
 * What a daemon is started with, after every default was filled in.
 *
 * @param store       directory of the store
 * @param images      what is served; empty: every image of the store
 * @param overlays    what happens to writes
 * @param server      where and how to serve
 * @param workerCount threads that may wait for disks on behalf of requests
 * @param doorCount   threads that may wait while an export is opened
 * @param upkeep      what is done for the store beside serving
 */
record DaemonContext(
        Path store,
        List<ImageName> images,
        OverlayPolicy overlays,
        ServerConfig server,
        int workerCount,
        int doorCount,
        UpkeepPolicy upkeep) {

    private static final String LOOPBACK = "127.0.0.1";
    private static final int MIN_WORKERS = 4;
    private static final int DOORS = 4;

    static DaemonContext of(Path store, ServeSettings settings) {
        List<ListenAddress> listeners = settings.listeners().isEmpty()
                ? List.of(
                        new ListenAddress.Unix(new StoreLayout(store).nbdSocket()),
                        new ListenAddress.Tcp(LOOPBACK, ListenAddress.NBD_PORT))
                : settings.listeners();
        ServerConfig server = ServerConfig.of(listeners);
        if (settings.agentCount() > 0) {
            server = server.withAgentCount(settings.agentCount());
        }
        // Cold reads wait for the disk, not for a processor.
        int workers = Math.max(MIN_WORKERS, 2 * Runtime.getRuntime().availableProcessors());
        return new DaemonContext(store, settings.images(), settings.overlays(), server, workers, DOORS,
                settings.upkeep());
    }
}
