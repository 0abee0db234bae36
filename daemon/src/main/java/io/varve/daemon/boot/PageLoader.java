package io.varve.daemon.boot;

import java.io.IOException;

/** Brings pages of a chain into memory. Called by workers; thread-safe because chains are immutable. */
@FunctionalInterface
public interface PageLoader {

    /** Waits until {@code pageCount} pages from {@code pageIndex} are in memory. */
    void load(long pageIndex, int pageCount) throws IOException;
}
