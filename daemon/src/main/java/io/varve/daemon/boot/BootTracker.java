package io.varve.daemon.boot;

/**
 * Sees every read that a disk answers from its chain (reads that the overlay answers are not boot reads of the
 * image): a recorder, a replayer, or nothing.
 *
 * <p>Owned by the agent of the disk.
 */
public interface BootTracker {

    /** For disks whose boot is nobody's business. */
    BootTracker NONE = new BootTracker() {
        @Override
        public void onRead(long pageIndex, int pageCount, long nowNs) {}

        @Override
        public void close() {}
    };

    /** One append at most: no I/O, no allocation, no lock. */
    void onRead(long pageIndex, int pageCount, long nowNs);

    /** The client is gone; what was learned is kept. Returns at once. */
    void close();
}
