package io.varve.daemon.config;

import io.varve.daemon.access.AccessPolicy;
import io.varve.daemon.serve.Limits;
import io.varve.daemon.store.UpkeepPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A configuration file without mistakes.
 *
 * @param store        directory; empty: not said
 * @param agentCount   threads that serve connections; 0: one per processor
 * @param memoryLength bytes that overlays in memory share; 0: not said
 * @param listeners    empty: not said
 * @param exports      empty: every image of the store, for everybody
 * @param limits       of what clients may take
 * @param upkeep       what is done for the store beside serving
 */
public record Config(
        Optional<Path> store,
        int agentCount,
        long memoryLength,
        List<ListenerSettings> listeners,
        List<ExportSettings> exports,
        Limits limits,
        UpkeepPolicy upkeep) {

    public Config {
        listeners = List.copyOf(listeners);
        exports = List.copyOf(exports);
    }

    /** With what a running daemon cannot change as it was when it started. */
    public Config startedAs(Config before) {
        return new Config(before.store, before.agentCount, before.memoryLength, listeners, exports, limits, upkeep);
    }

    /** Who may use what. */
    public AccessPolicy access() {
        return exports.isEmpty()
                ? AccessPolicy.OPEN
                : new AccessPolicy(exports.stream().map(ExportSettings::access).toList());
    }
}
