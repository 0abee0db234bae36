package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.FileSpace;
import java.nio.file.Path;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;

/** Memory of waves for tests of other rooms. */
public final class TestWaves {

    private TestWaves() {}

    public static WaveMemory memory(int pages) {
        return new WaveMemory(new MemoryBudget(1 << 20), pages, new WavePack(Optional::empty));
    }

    /** Of a wave that reads from a pack. */
    public static WaveMemory memory(int pages, FileSpace files, Path pack, String subject, long diskPageCount) {
        return new WaveMemory(new MemoryBudget(1 << 20), pages,
                new WavePack(() -> Pack.open(files, pack, subject, diskPageCount)));
    }

    public static long packedPages(WaveMemory memory) {
        return memory.pack().pages();
    }

    public static boolean packFailed(WaveMemory memory) {
        return memory.pack().hasFailed();
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
