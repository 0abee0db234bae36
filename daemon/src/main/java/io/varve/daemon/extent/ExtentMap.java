package io.varve.daemon.extent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The flattened view of a chain of layers: which blob page, zero or nothing every page of the disk reads from. The
 * cost of a lookup does not depend on the depth of the chain.
 *
 * <p>A region of 32 MiB is flattened when it is first looked up, and then kept. A child made by {@link #with} shares
 * every region that its own layer does not touch, flattened or not yet.
 *
 * <p>Design note: a run ends at the border of its region, because a lookup must not flatten any number of regions
 * for one answer; whoever loops over runs asks once more per 32 MiB.
 *
 * <p>Thread-safe because leaves are immutable, and a leaf that two threads flatten at the same time is the same
 * leaf twice: the first one published stays.
 */
public final class ExtentMap {

    /** Pages that 36 bits can count: 256 TiB. */
    public static final long MAX_PAGE_COUNT = 1L << Target.BLOB_PAGE_BITS;

    private final long pageCount;
    /** What lies below {@link #layers}; null: nothing. */
    private final ExtentMap parent;
    /** Base first. */
    private final List<ExtentList> layers;
    private final AtomicReferenceArray<Leaf> leaves;

    private ExtentMap(long pageCount, ExtentMap parent, List<ExtentList> layers) {
        this.pageCount = pageCount;
        this.parent = parent;
        this.layers = layers;
        this.leaves = new AtomicReferenceArray<>((int) (pageCount + Leaf.REGION_MASK >>> Leaf.REGION_SHIFT));
    }

    /**
     * Costs one reference per region; no extent is read before its region is looked up. Extents beyond {@code
     * pageCount} are never seen.
     *
     * @param pageCount pages of the disk, 0 to {@link #MAX_PAGE_COUNT}
     */
    public static ExtentMap flatten(long pageCount, List<? extends ExtentList> baseFirst) {
        if (pageCount < 0 || pageCount > MAX_PAGE_COUNT) {
            throw new IllegalArgumentException("page count " + pageCount + " is not in 0.." + MAX_PAGE_COUNT);
        }
        return new ExtentMap(pageCount, null, List.copyOf(baseFirst));
    }

    /** The same disk with one more layer on top. */
    public ExtentMap with(ExtentList top) {
        return with(List.of(top));
    }

    /** The same disk with more layers on top, base first. */
    public ExtentMap with(List<? extends ExtentList> top) {
        return new ExtentMap(pageCount, this, List.copyOf(top));
    }

    public long pageCount() {
        return pageCount;
    }

    /**
     * Fills {@code run} with the longest run from {@code pageIndex} that lives in one place, cut at {@code
     * maxPageCount} and at the border of the region. Allocates nothing once the region is flattened.
     *
     * @param maxPageCount at least 1
     * @throws IndexOutOfBoundsException if the pages do not lie inside the disk
     */
    public void lookup(long pageIndex, long maxPageCount, Run run) {
        requireInside(pageIndex, maxPageCount);
        int region = (int) (pageIndex >>> Leaf.REGION_SHIFT);
        Leaf leaf = leaves.getAcquire(region);
        if (leaf == null) {
            leaf = materialise(region);
        }
        leaf.lookup((int) pageIndex & Leaf.REGION_MASK, maxPageCount, run);
    }

    void requireInside(long pageIndex, long maxPageCount) {
        if (pageIndex < 0 || maxPageCount < 1 || maxPageCount > pageCount - pageIndex) {
            throw new IndexOutOfBoundsException(
                    maxPageCount + " pages at " + pageIndex + " of a disk of " + pageCount + " pages");
        }
    }

    /** Whether a lookup of the page has nothing to flatten before. */
    public boolean isFlattened(long pageIndex) {
        return leaves.getAcquire((int) (pageIndex >>> Leaf.REGION_SHIFT)) != null;
    }

    /** Layers of the chain. */
    public int layerCount() {
        return layers.size() + (parent == null ? 0 : parent.layerCount());
    }

    /** All of them, base first. */
    List<ExtentList> allLayers() {
        List<ExtentList> all = new ArrayList<>(parent == null ? List.of() : parent.allLayers());
        all.addAll(layers);
        return all;
    }

    /** Flattens the regions that somebody has looked up in another map, so that nobody waits for that here. */
    public void flattenAs(ExtentMap other) {
        for (int region = 0; region < Math.min(leaves.length(), other.leaves.length()); region++) {
            if (other.leaves.getAcquire(region) != null && leaves.getAcquire(region) == null) {
                materialise(region);
            }
        }
    }

    /** The region's leaf, or null while nobody has looked there. */
    Leaf leafOrNull(int region) {
        return leaves.getAcquire(region);
    }

    /** Recurses once per generation of {@link #with} that has not flattened the region yet. */
    private Leaf materialise(int region) {
        Leaf leaf = Leaf.ABSENT;
        if (parent != null) {
            leaf = parent.leaves.getAcquire(region);
            if (leaf == null) {
                leaf = parent.materialise(region);
            }
        }
        leaf = RegionPainter.paint(region, layers, leaf);
        return leaves.compareAndSet(region, null, leaf) ? leaf : leaves.getAcquire(region);
    }
}
