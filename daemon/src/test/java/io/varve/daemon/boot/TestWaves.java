package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import org.agrona.MutableDirectBuffer;

/** Memory of waves for tests of other rooms. */
public final class TestWaves {

    private TestWaves() {}

    public static WaveMemory memory(int pages) {
        return new WaveMemory(new MemoryBudget(1 << 20), pages);
    }

    /** Of a client that boots, and of whom nothing is learned. */
    public static BootTracker tracker(WaveMemory memory) {
        return new BootTracker() {
            @Override
            public void onRead(long pageIndex, int pageCount, long nowNs) {}

            @Override
            public int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index,
                    int length) {
                return memory.readNow(source, position, destination, index, length);
            }

            @Override
            public WaveMemory memory() {
                return memory;
            }

            @Override
            public Activity activity() {
                return Activity.REPLAYING;
            }

            @Override
            public BootCounters counters() {
                return BootCounters.ZERO;
            }

            @Override
            public void close() {}
        };
    }
}
