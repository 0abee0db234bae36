package io.varve.daemon.overlay;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * How this process has left overlays that it closed. Who finds one as it was left, with the same owner and nothing
 * behind the last checkpoint, knows that all of it is durable and that no older owner writes any more: it goes on
 * without a sync. Clients that come and go then cost no disk time, and delay nobody who waits for the same disk.
 *
 * <p>Forgotten with the process, because after it nobody knows what reached the disk. Of more than
 * {@value #CAPACITY} overlays the longest closed are forgotten: they are opened as after a restart.
 *
 * <p>Thread-safe because the map is behind one lock, taken once when an overlay is opened and once when it is closed.
 */
public final class ClosedOverlays {

    private static final int CAPACITY = 4096;

    private record Left(long ownerEpoch, long lastSeq) {}

    private final Map<UUID, Left> leftById = new LinkedHashMap<>();

    /** Everything is durable, and the caller, who still has the lock, writes no more. */
    synchronized void add(UUID id, long ownerEpoch, long lastSeq) {
        leftById.remove(id);
        leftById.put(id, new Left(ownerEpoch, lastSeq));
        if (leftById.size() > CAPACITY) {
            leftById.remove(leftById.keySet().iterator().next());
        }
    }

    /**
     * Forgets the overlay: whoever asks goes on to change it.
     *
     * @param ownerEpoch what its meta file says now
     * @return the seq of its last checkpoint when it was closed; empty if that was not the last owner
     */
    synchronized OptionalLong take(UUID id, long ownerEpoch) {
        Left left = leftById.remove(id);
        return left == null || left.ownerEpoch != ownerEpoch ? OptionalLong.empty() : OptionalLong.of(left.lastSeq);
    }
}
