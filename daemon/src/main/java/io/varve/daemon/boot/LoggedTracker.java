package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import org.agrona.MutableDirectBuffer;

/**
 * A tracker whose boot is written down read by read.
 *
 * <p>Owned by the agent of the disk, but for {@link #activity} and {@link #counters}, for any thread.
 */
final class LoggedTracker implements BootTracker {

    private final BootTracker tracker;
    private final BootLog log;

    LoggedTracker(BootTracker tracker, BootLog log) {
        this.tracker = tracker;
        this.log = log;
    }

    @Override
    public void onRead(long pageIndex, int pageCount, long nowNs) {
        tracker.onRead(pageIndex, pageCount, nowNs);
    }

    @Override
    public BootLog log() {
        return log;
    }

    @Override
    public int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index, int length) {
        return tracker.readNow(source, position, destination, index, length);
    }

    @Override
    public WaveMemory memory() {
        return tracker.memory();
    }

    @Override
    public Activity activity() {
        return tracker.activity();
    }

    @Override
    public BootCounters counters() {
        return tracker.counters();
    }

    @Override
    public void close() {
        tracker.close();
        log.close();
    }
}
