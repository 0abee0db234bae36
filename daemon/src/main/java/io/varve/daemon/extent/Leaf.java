package io.varve.daemon.extent;

/**
 * One region of the disk, 32 MiB: segments that cover it without a gap, so that a lookup is one binary search.
 *
 * <p>Immutable.
 */
final class Leaf {

    /** 2^13 pages of 4 KiB. */
    static final int REGION_SHIFT = 13;
    static final int REGION_PAGES = 1 << REGION_SHIFT;
    static final int REGION_MASK = REGION_PAGES - 1;

    static final Leaf ABSENT = new Leaf(new char[] {0}, new long[] {Target.ABSENT});

    /** First page of each segment inside the region, ascending, the first is 0. A char because 13 bits suffice. */
    private final char[] starts;
    private final long[] targets;

    Leaf(char[] starts, long[] targets) {
        this.starts = starts;
        this.targets = targets;
    }

    int segmentCount() {
        return starts.length;
    }

    int start(int segment) {
        return starts[segment];
    }

    /** First page after the segment, at most {@link #REGION_PAGES}. */
    int end(int segment) {
        return segment + 1 < starts.length ? starts[segment + 1] : REGION_PAGES;
    }

    long target(int segment) {
        return targets[segment];
    }

    /** Fills {@code run} from {@code page} of the region on, cut at {@code maxPageCount} and at its border. */
    void lookup(int page, long maxPageCount, Run run) {
        int segment = find(page);
        long target = Target.advance(targets[segment], page - starts[segment]);
        run.set(Target.kind(target), Math.min(maxPageCount, end(segment) - page),
                Target.blobIndex(target), Target.blobPage(target));
    }

    /** The segment that holds a page of the region. */
    int find(int page) {
        int low = 0;
        int high = starts.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts[middle] <= page) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
