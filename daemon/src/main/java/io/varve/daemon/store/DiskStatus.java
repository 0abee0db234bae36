package io.varve.daemon.store;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.counters.Counter;
import io.varve.daemon.disk.DiskCore;
import java.util.EnumMap;
import java.util.Map;

/**
 * An open disk, for people.
 *
 * @param name            export name; of a connection without a client, with its number
 * @param connectionCount connections that share it
 * @param counters        of this disk since it was opened
 * @param activity        whether its boot is being learned or read ahead
 * @param boot            how well reading ahead went, in pages
 * @param overlayFailure  one line why it takes no more writes; null while it does
 */
public record DiskStatus(
        String name,
        int connectionCount,
        Map<Counter, Long> counters,
        BootTracker.Activity activity,
        BootCounters boot,
        String overlayFailure) {

    static DiskStatus of(String name, DiskCore core) {
        Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            long value = core.statistics().get(counter);
            if (value != 0) {
                counters.put(counter, value);
            }
        }
        return new DiskStatus(name, core.connectionCount(), counters, core.boot().activity(), core.boot().counters(),
                core.overlayFailure());
    }
}
