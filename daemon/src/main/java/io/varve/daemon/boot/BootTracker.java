package io.varve.daemon.boot;

import io.varve.daemon.io.BlockSource;
import org.agrona.MutableDirectBuffer;

/**
 * Sees every read that a disk answers from its chain (reads that the overlay answers are not boot reads of the
 * image): a recorder, a replayer, or nothing.
 *
 * <p>Owned by the agent of the disk, but for {@link #memory}, {@link #activity} and {@link #counters}, which any thread
 * may ask.
 */
public interface BootTracker {

    /** For disks whose boot is nobody's business. */
    BootTracker NONE = new BootTracker() {
        @Override
        public void onRead(long pageIndex, int pageCount, long nowNs) {}

        @Override
        public Activity activity() {
            return Activity.NONE;
        }

        @Override
        public BootCounters counters() {
            return BootCounters.ZERO;
        }

        @Override
        public void close() {}
    };

    /** One append at most: no I/O, no allocation, no lock. */
    void onRead(long pageIndex, int pageCount, long nowNs);

    /** Where every read of the boot is written down; {@link BootLog#NONE} if that is nobody's wish. */
    default BootLog log() {
        return BootLog.NONE;
    }

    /** {@link BootCounters#used} so far, without making an object. Agent only, as the next two. */
    default long usedPages() {
        return 0;
    }

    /** {@link BootCounters#late} so far. */
    default long latePages() {
        return 0;
    }

    /** {@link BootCounters#missed} so far. */
    default long missedPages() {
        return 0;
    }

    /**
     * Asks the memory that clients who boot together share for bytes of the chain. No I/O, no allocation, no lock.
     *
     * @return bytes read from the start of the range; or {@link BlockSource#WOULD_BLOCK}
     */
    default int readNow(BlockSource source, long position, MutableDirectBuffer destination, int index, int length) {
        return BlockSource.WOULD_BLOCK;
    }

    /** That memory, for who may wait and puts in what is missing; null if there is none now. Any thread. */
    default WaveMemory memory() {
        return null;
    }

    /** What goes on now; a boot that is over is nothing going on. */
    Activity activity();

    /** How well reading ahead went so far; numbers may be a moment old and not of one moment. */
    BootCounters counters();

    /** The client is gone; what was learned is kept. Returns at once. */
    void close();

    enum Activity {
        NONE,
        RECORDING,
        REPLAYING
    }
}
