package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import java.util.List;

/**
 * Walks over layers in the order of the disk, once, and tells which extent is on top. Takes no memory beside a few
 * words per layer, and a look at each layer that covers nothing for each step.
 *
 * <p>Owned by the thread that merges.
 */
final class LayerSweep {

    private static final long NEVER = Long.MAX_VALUE;

    /** Topmost first. */
    private final ExtentList[] layers;
    /** Of each layer the first extent that does not end before {@link #end}. */
    private final int[] cursors;
    private final long[] firsts;
    private final long[] ends;
    private long start;
    private long end;
    private int top;

    LayerSweep(List<? extends ExtentList> baseFirst) {
        int count = baseFirst.size();
        layers = new ExtentList[count];
        cursors = new int[count];
        firsts = new long[count];
        ends = new long[count];
        for (int i = 0; i < count; i++) {
            layers[i] = baseFirst.get(count - 1 - i);
            cursors[i] = -1;
            advance(i);
        }
    }

    /** Goes to the next pages that any layer says something about; false if there are none. */
    boolean next() {
        start = end;
        while (true) {
            long limit = NEVER;
            for (int i = 0; i < layers.length; i++) {
                while (ends[i] <= start) {
                    advance(i);
                }
                if (firsts[i] <= start) {
                    top = i;
                    end = Math.min(limit, ends[i]);
                    return true;
                }
                limit = Math.min(limit, firsts[i]);
            }
            if (limit == NEVER) {
                return false;
            }
            start = limit;
        }
    }

    private void advance(int layer) {
        int extent = ++cursors[layer];
        boolean there = extent < layers[layer].extentCount();
        firsts[layer] = there ? layers[layer].pageIndex(extent) : NEVER;
        ends[layer] = there ? firsts[layer] + layers[layer].pageCount(extent) : NEVER;
    }

    long pageIndex() {
        return start;
    }

    /** At least 1, at most those of one extent. */
    int pageCount() {
        return (int) (end - start);
    }

    /** As {@link ExtentList#kind}. */
    int kind() {
        return layers[top].kind(cursors[top]);
    }

    /** As {@link ExtentList#blobIndex}. */
    int blobIndex() {
        return layers[top].blobIndex(cursors[top]);
    }

    /** Of the first page. */
    long blobPage() {
        return layers[top].blobPage(cursors[top]) + start - firsts[top];
    }
}
