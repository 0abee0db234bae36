package io.varve.daemon.boot;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was written down of one boot. Immutable.
 *
 * @param client        empty if it had no name
 * @param start         of its first read, to the millisecond
 * @param diskPageCount pages of the disk
 * @param replayed      whether a learned sequence was read ahead for it
 * @param counters      how well that went; {@code wasted} is zero
 * @param layers        ids of the chain that it began with, base first
 */
public record LoggedBoot(Optional<String> client, Instant start, long diskPageCount, boolean replayed,
        BootCounters counters, List<String> layers, LoggedReads reads) {

    public LoggedBoot {
        layers = List.copyOf(layers);
    }

    /** Share of the pages that were read ahead which the boot asked for later, 0 to 1; NaN if none were. */
    public double precision() {
        return counters.prefetched() == 0
                ? Double.NaN
                : Math.min(1, (double) counters.used() / counters.prefetched());
    }

    /** Share of the pages that the boot asked for which had been read ahead, 0 to 1; NaN without a sequence. */
    public double recall() {
        return replayed ? counters.hitRatio() : Double.NaN;
    }
}
