package io.varve.daemon.store;

/**
 * Hears what becomes of layers that are merged, flattened or rebased. Owned by the thread that does it.
 */
public interface MaintenanceListener {

    /** For who does not want to know. */
    MaintenanceListener NONE = (doneLength, totalLength) -> {};

    /** @param doneLength bytes of {@code totalLength} that were copied or need not be; never less than before */
    void onProgress(long doneLength, long totalLength);

    /** Other layers have taken the place of some: a running daemon may want to use them from now on. */
    default void onReplaced() {}
}
