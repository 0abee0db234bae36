package io.varve.daemon.store;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.disk.DiskCore;
import io.varve.daemon.overlay.OverlayUse;
import java.util.EnumMap;
import java.util.Map;

/**
 * An open disk, for people.
 *
 * @param name            export name; of a connection without a client, with its number
 * @param mode            how long what is written to it lasts
 * @param connectionCount connections that share it
 * @param counters        of this disk since it was opened
 * @param activity        whether its boot is being learned or read ahead
 * @param boot            how well reading ahead went, in pages
 * @param overlay         what its overlay takes, and whether it works; null if it has none
 */
public record DiskStatus(
        String name,
        OverlayMode mode,
        int connectionCount,
        Map<Counter, Long> counters,
        BootTracker.Activity activity,
        BootCounters boot,
        OverlayStatus overlay) {

    /**
     * An open overlay, for people.
     *
     * @param use     space
     * @param failure one line why it takes no more writes; null while it does
     */
    public record OverlayStatus(OverlayUse use, String failure) {}

    static DiskStatus of(String name, OverlayMode mode, DiskCore core) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            long value = core.statistics().get(counter);
            if (value != 0) {
                counters.put(counter, value);
            }
        }
        OverlayUse use = core.overlayUse();
        return new DiskStatus(name, mode, core.connectionCount(), counters, core.boot().activity(),
                core.boot().counters(), use == null ? null : new OverlayStatus(use, core.overlayFailure()));
    }
}
