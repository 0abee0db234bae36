package io.varve.daemon.overlay;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import java.util.Arrays;

/**
 * The pages of an overlay that nobody writes any more, as the extents of a layer: PRESENT pages are data at their own
 * offset, ZERO pages are zero, ABSENT pages are not mentioned.
 *
 * <p>Immutable.
 */
final class StateExtents implements ExtentList {

    private static final int INITIAL_CAPACITY = 64;

    private final int blobIndex;
    private long[] starts = new long[INITIAL_CAPACITY];
    private long[] counts = new long[INITIAL_CAPACITY];
    private boolean[] zero = new boolean[INITIAL_CAPACITY];
    private int extentCount;

    /** @param blobIndex of the overlay's data file in its chain */
    StateExtents(StateMap states, int blobIndex) {
        this.blobIndex = blobIndex;
        long pageCount = states.pageCount();
        for (long page = 0; page < pageCount; ) {
            long run = states.runLength(page, pageCount - page);
            int state = states.state(page);
            if (state != Overlay.ABSENT) {
                add(page, run, state == Overlay.ZERO);
            }
            page += run;
        }
    }

    private void add(long pageIndex, long pageCount, boolean isZero) {
        if (extentCount == starts.length) {
            starts = Arrays.copyOf(starts, 2 * extentCount);
            counts = Arrays.copyOf(counts, 2 * extentCount);
            zero = Arrays.copyOf(zero, 2 * extentCount);
        }
        starts[extentCount] = pageIndex;
        counts[extentCount] = pageCount;
        zero[extentCount] = isZero;
        extentCount++;
    }

    @Override
    public int extentCount() {
        return extentCount;
    }

    @Override
    public long pageIndex(int extent) {
        return starts[extent];
    }

    @Override
    public long pageCount(int extent) {
        return counts[extent];
    }

    @Override
    public int kind(int extent) {
        return zero[extent] ? Run.ZERO : Run.DATA;
    }

    @Override
    public int blobIndex(int extent) {
        return blobIndex;
    }

    @Override
    public long blobPage(int extent) {
        return starts[extent];
    }
}
