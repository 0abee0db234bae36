package io.varve.daemon.extent;

import java.util.Arrays;

/**
 * Collects the segments of one region in page order; neighbours whose targets are contiguous become one segment.
 *
 * <p>Owned by the thread that materialises the region.
 */
final class LeafBuilder {

    private char[] starts = new char[16];
    private long[] targets = new long[16];
    private int count;
    private int end;

    /**
     * The region as {@code top} changes it: its extents where it has some, {@code below} elsewhere. Answers {@code
     * below} itself if no extent touches the region, which is how parent and child come to share leaves.
     *
     * @param extent the first extent of {@code top} that ends after the start of the region
     */
    static Leaf overlay(Leaf below, ExtentList top, int extent, long regionStart) {
        int extentCount = top.extentCount();
        if (extent == extentCount || top.pageIndex(extent) >= regionStart + Leaf.REGION_PAGES) {
            return below;
        }
        LeafBuilder builder = new LeafBuilder();
        for (int i = extent; i < extentCount; i++) {
            long first = top.pageIndex(i) - regionStart;
            if (first >= Leaf.REGION_PAGES) {
                break;
            }
            int start = (int) Math.max(0, first);
            int end = (int) Math.min(Leaf.REGION_PAGES, first + top.pageCount(i));
            builder.copy(below, start);
            builder.append(start, end, Target.of(top, i, start - first));
        }
        builder.copy(below, Leaf.REGION_PAGES);
        return builder.build();
    }

    /** Takes what {@code below} has between the end so far and {@code until}. */
    private void copy(Leaf below, int until) {
        if (end >= until) {
            return;
        }
        for (int segment = below.find(end); end < until; segment++) {
            long target = Target.advance(below.target(segment), end - below.start(segment));
            append(end, Math.min(until, below.end(segment)), target);
        }
    }

    private void append(int start, int newEnd, long target) {
        if (start != end || newEnd <= start) {
            throw new IllegalArgumentException("extents overlap or are not sorted: page " + start + " after " + end);
        }
        end = newEnd;
        if (count > 0 && target == Target.advance(targets[count - 1], start - starts[count - 1])) {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            targets = Arrays.copyOf(targets, 2 * count);
        }
        starts[count] = (char) start;
        targets[count++] = target;
    }

    private Leaf build() {
        return new Leaf(Arrays.copyOf(starts, count), Arrays.copyOf(targets, count));
    }
}
