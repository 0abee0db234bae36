package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import org.agrona.MutableDirectBuffer;

/**
 * A boot that is read ahead and recorded at the same time, so that the next one is read ahead better.
 *
 * <p>Owned by the agent of the disk, but for {@link #memory}, {@link #activity} and {@link #counters}, for any thread.
 */
final class RecordedReplay implements BootTracker {

    private final Recorder recorder;
    private final Replayer replayer;

    RecordedReplay(Recorder recorder, Replayer replayer) {
        this.recorder = recorder;
        this.replayer = replayer;
    }

    @Override
    public void onRead(long pageIndex, int pageCount, long nowNs) {
        replayer.onRead(pageIndex, pageCount, nowNs);
        recorder.onRead(pageIndex, pageCount, nowNs);
    }

    @Override
    public int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index, int length) {
        return replayer.readNow(source, position, destination, index, length);
    }

    @Override
    public WaveMemory memory() {
        return replayer.memory();
    }

    @Override
    public Activity activity() {
        final Activity replay = replayer.activity();
        return replay == Activity.NONE ? recorder.activity() : replay;
    }

    @Override
    public BootCounters counters() {
        return replayer.counters();
    }

    @Override
    public long usedPages() {
        return replayer.usedPages();
    }

    @Override
    public long latePages() {
        return replayer.latePages();
    }

    @Override
    public long missedPages() {
        return replayer.missedPages();
    }

    @Override
    public void close() {
        replayer.close();
        recorder.close();
    }
}
