package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import java.util.List;

/**
 * Layers that an image consists of, or that an overlay stands on.
 *
 * <p>Immutable.
 *
 * @param layers as they are now, base first
 * @param size   bytes of the disk
 */
record StandingChain(List<LayerId> layers, long size) {

    /** Whether the lowest layers of a chain are those of another. */
    static boolean startsWith(List<LayerId> chain, List<LayerId> start) {
        return start.size() <= chain.size() && chain.subList(0, start.size()).equals(start);
    }
}
