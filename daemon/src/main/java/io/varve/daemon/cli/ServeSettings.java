package io.varve.daemon.cli;

import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.serve.TlsSettings;
import io.varve.daemon.store.OverlayPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code varve serve} was asked for.
 *
 * <p>Immutable.
 *
 * @param offer      what is served
 * @param listeners  empty: the store's own socket and the NBD port of the loopback interface
 * @param tls        how all of them encrypt
 * @param overlays   what happens to what clients write
 * @param agentCount 0: not said, one per processor
 * @param upkeep     what is done for the store beside serving
 * @param config     file that holds for what was not said here, and alone for images and overlays
 */
public record ServeSettings(
        Offer offer, List<ListenAddress> listeners, TlsSettings tls, OverlayPolicy overlays, int agentCount,
        UpkeepOptions upkeep, Optional<Path> config) {

    public ServeSettings {
        listeners = List.copyOf(listeners);
    }
}
