package io.varve.daemon.cli;

import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayPolicy;
import java.util.List;

/**
 * What {@code varve serve} was asked for.
 *
 * <p>Immutable.
 *
 * @param images     empty: every image of the store, also those that come later
 * @param listeners  empty: the store's own socket and the NBD port of the loopback interface
 * @param overlays   what happens to what clients write
 * @param agentCount 0: one per processor
 * @param scrubRate  bytes per second at which the store is read in the background; 0: not at all
 */
public record ServeSettings(
        List<ImageName> images, List<ListenAddress> listeners, OverlayPolicy overlays, int agentCount,
        long scrubRate) {

    public ServeSettings {
        images = List.copyOf(images);
        listeners = List.copyOf(listeners);
    }
}
