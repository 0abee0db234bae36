package io.varve.daemon;

import io.varve.daemon.cli.RunningDaemon;
import io.varve.daemon.cli.ServeSettings;
import io.varve.daemon.cli.Services;
import io.varve.daemon.control.ControlClient;
import io.varve.daemon.store.StoreLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Gives commands the rooms that they do not see. Thread-safe because it keeps nothing. */
final class Wiring implements Services {

    @Override
    public RunningDaemon startDaemon(Path store, ServeSettings settings) throws IOException {
        return Daemon.start(DaemonContext.of(store, settings));
    }

    @Override
    public Map<String, Object> askDaemon(Path store, Map<String, Object> request) throws IOException {
        return ControlClient.ask(new StoreLayout(store).controlSocket(), request);
    }
}
