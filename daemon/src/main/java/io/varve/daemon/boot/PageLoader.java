package io.varve.daemon.boot;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;

/** Brings pages of a chain into memory. Called by workers; thread-safe because chains are immutable. */
@FunctionalInterface
public interface PageLoader {

    /**
     * Waits until the pages are in memory. Several ranges come at a time, because a source on another machine answers
     * many in the time of one.
     *
     * @param ranges what is needed first, first
     * @param shared takes what would not stay in memory otherwise; null if there is none
     * @return false if nothing was done, because the disk is closed
     */
    boolean load(List<PageRange> ranges, WaveMemory shared) throws IOException;

    /**
     * Where {@link #load} is to run: what waits for other machines must not hold up who reads ahead from local disks.
     *
     * @param usual threads that read local disks
     */
    default Executor threads(Executor usual) {
        return usual;
    }
}
