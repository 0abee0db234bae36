package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.MirrorCounts;
import io.varve.daemon.remote.RemoteCounters;
import java.util.List;
import java.util.Optional;

/**
 * How a disk on other machines was read by this process, from its start on.
 *
 * <p>Thread-safe because the counters are, and nothing else changes.
 *
 * @param images   that begin with it at this moment
 * @param size     bytes of the disk
 * @param manifest id of what says what is on it; empty if nothing does
 * @param mirrors  in their order; the first one names the disk
 * @param counters that count on
 * @param kept     what lies here of it
 */
public record RemoteStatus(LayerId layer, List<ImageName> images, long size, Optional<String> manifest,
        List<MirrorCounts> mirrors, RemoteCounters counters, Kept kept) {

    /**
     * The cache of a disk.
     *
     * @param open   whether somebody reads the disk; the length is 0 if not, whatever lies on disk
     * @param length bytes of chunks on disk
     * @param limit  bytes that may lie there; 0: all of the disk
     *
     * <p>Immutable.
     */
    public record Kept(boolean open, long length, long limit) {}
}
