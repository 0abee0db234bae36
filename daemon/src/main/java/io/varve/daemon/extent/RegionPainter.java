package io.varve.daemon.extent;

import java.util.Arrays;
import java.util.List;

/**
 * Makes the leaf of one region. The layers are gone through from the top down, and each paints the pages that none
 * above it has painted: so the work is one step per extent and one per page, whatever the depth of the chain.
 *
 * <p>Design note: a target per page and not a list of segments that each layer is merged into, because with 64 layers
 * of scattered pages that took 40 ms, for which all clients of an agent waited.
 *
 * <p>Owned by the thread that flattens the region.
 */
final class RegionPainter {

    /** No target: its kind is none of {@link Run}. */
    private static final long UNPAINTED = -1;

    private final long regionStart;
    /** Of each page; null until something is painted. */
    private long[] targets;
    private int unpainted = Leaf.REGION_PAGES;

    private RegionPainter(long regionStart) {
        this.regionStart = regionStart;
    }

    /**
     * The region as the layers change it. Answers {@code below} itself if none touches it, which is how parent and
     * child come to share leaves.
     *
     * @param region    index
     * @param baseFirst on top of {@code below}
     * @throws IllegalArgumentException if the extents of a layer overlap or are not sorted
     */
    static Leaf paint(int region, List<ExtentList> baseFirst, Leaf below) {
        RegionPainter painter = new RegionPainter((long) region << Leaf.REGION_SHIFT);
        for (int layer = baseFirst.size() - 1; layer >= 0 && painter.unpainted > 0; layer--) {
            painter.paint(baseFirst.get(layer));
        }
        if (painter.targets == null) {
            return below;
        }
        painter.paint(below);
        return painter.build();
    }

    private void paint(ExtentList layer) {
        int count = layer.extentCount();
        int end = 0;
        for (int i = firstEndingAfter(layer, regionStart); i < count; i++) {
            long first = layer.pageIndex(i) - regionStart;
            if (first >= Leaf.REGION_PAGES) {
                break;
            }
            int start = (int) Math.max(0, first);
            if (start < end) {
                throw new IllegalArgumentException("extents overlap or are not sorted: page " + (regionStart + start)
                        + " after " + (regionStart + end));
            }
            end = (int) Math.min(Leaf.REGION_PAGES, first + layer.pageCount(i));
            paint(start, end, Target.of(layer, i, start - first));
        }
    }

    private static int firstEndingAfter(ExtentList layer, long pageIndex) {
        int low = 0;
        int high = layer.extentCount();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (layer.pageIndex(middle) + layer.pageCount(middle) > pageIndex) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void paint(Leaf below) {
        for (int segment = 0; segment < below.segmentCount() && unpainted > 0; segment++) {
            paint(below.start(segment), below.end(segment), below.target(segment));
        }
    }

    /** @param target of the first page */
    private void paint(int start, int end, long target) {
        if (targets == null) {
            targets = new long[Leaf.REGION_PAGES];
            Arrays.fill(targets, UNPAINTED);
        }
        for (int page = start; page < end; page++) {
            if (targets[page] == UNPAINTED) {
                targets[page] = Target.advance(target, page - start);
                unpainted--;
            }
        }
    }

    /** Neighbours whose targets are contiguous become one segment. */
    private Leaf build() {
        int count = 1;
        for (int page = 1; page < Leaf.REGION_PAGES; page++) {
            count += isSegmentStart(page) ? 1 : 0;
        }
        char[] starts = new char[count];
        long[] firstTargets = new long[count];
        firstTargets[0] = targets[0];
        int segment = 0;
        for (int page = 1; page < Leaf.REGION_PAGES; page++) {
            if (isSegmentStart(page)) {
                starts[++segment] = (char) page;
                firstTargets[segment] = targets[page];
            }
        }
        return new Leaf(starts, firstTargets);
    }

    private boolean isSegmentStart(int page) {
        return targets[page] != Target.advance(targets[page - 1], 1);
    }
}
