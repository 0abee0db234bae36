package io.varve.daemon.extent;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Which layer of a chain speaks for a page, whatever blob it points into. Costs as much as flattening a region, each
 * time another region is asked for: it is for questions about a disk, not for reading it.
 *
 * <p>Owned by the thread that asks.
 */
public final class LayerLookup {

    /** Weak, so that it keeps no map alive. */
    private WeakReference<ExtentMap> map = new WeakReference<>(null);
    private int region;
    private Leaf leaf;

    /**
     * Fills {@code run} with the longest run from {@code pageIndex} for which one layer speaks, cut at {@code
     * maxPageCount} and at the border of the region of 32 MiB. Its blob index is the layer's, counted from 0 at the
     * base; its kind is {@link Run#DATA} also where the layer says zero.
     *
     * @param maxPageCount at least 1
     * @return whether the region had to be flattened
     * @throws IndexOutOfBoundsException if the pages do not lie inside the disk
     */
    public boolean lookup(ExtentMap of, long pageIndex, long maxPageCount, Run run) {
        of.requireInside(pageIndex, maxPageCount);
        int wanted = (int) (pageIndex >>> Leaf.REGION_SHIFT);
        boolean another = map.get() != of || region != wanted;
        if (another) {
            leaf = RegionPainter.paint(wanted, ordinals(of.allLayers()), Leaf.ABSENT);
            map = new WeakReference<>(of);
            region = wanted;
        }
        leaf.lookup((int) pageIndex & Leaf.REGION_MASK, maxPageCount, run);
        return another;
    }

    private static List<ExtentList> ordinals(List<ExtentList> layers) {
        List<ExtentList> list = new ArrayList<>(layers.size());
        for (int i = 0; i < layers.size(); i++) {
            list.add(new Ordinal(layers.get(i), i));
        }
        return list;
    }

    /** Extents that point to their own layer, each page to itself, so that neighbours become one run. Immutable. */
    private record Ordinal(ExtentList layer, int ordinal) implements ExtentList {

        @Override
        public int extentCount() {
            return layer.extentCount();
        }

        @Override
        public long pageIndex(int extent) {
            return layer.pageIndex(extent);
        }

        @Override
        public long pageCount(int extent) {
            return layer.pageCount(extent);
        }

        @Override
        public int kind(int extent) {
            return Run.DATA;
        }

        @Override
        public int blobIndex(int extent) {
            return ordinal;
        }

        @Override
        public long blobPage(int extent) {
            return layer.pageIndex(extent);
        }
    }
}
