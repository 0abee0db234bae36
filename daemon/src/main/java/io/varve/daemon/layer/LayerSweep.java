package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import java.util.List;

/**
 * Walks over layers in the order of the disk, once, and tells which extent is on top. Takes no memory beside a few
 * words per layer. Layers are looked at in blocks: one that says nothing for a while is passed over until then.
 *
 * <p>Owned by the thread that merges.
 */
final class LayerSweep {

    private static final long NEVER = Long.MAX_VALUE;
    private static final int BLOCK = 8;

    /** Topmost first. */
    private final ExtentList[] layers;
    /** Of each layer the first extent that does not end before {@link #end}. */
    private final int[] cursors;
    private final long[] firsts;
    private final long[] ends;
    /** Of each block of layers: before this page it says nothing. */
    private final long[] silences;
    private long start;
    private long end;
    private int top;

    LayerSweep(List<? extends ExtentList> baseFirst) {
        int count = baseFirst.size();
        layers = new ExtentList[count];
        cursors = new int[count];
        firsts = new long[count];
        ends = new long[count];
        silences = new long[(count + BLOCK - 1) / BLOCK];
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
            for (int block = 0; block < silences.length; block++) {
                if (silences[block] <= start && look(block, limit)) {
                    return true;
                }
                limit = Math.min(limit, silences[block]);
            }
            if (limit == NEVER) {
                return false;
            }
            start = limit;
        }
    }

    /**
     * @param limit where layers above begin to say something
     * @return whether a layer of the block is on top; otherwise it is known until where the block is silent
     */
    private boolean look(int block, long limit) {
        long silence = NEVER;
        int last = Math.min(layers.length, (block + 1) * BLOCK);
        for (int i = block * BLOCK; i < last; i++) {
            while (ends[i] <= start) {
                advance(i);
            }
            if (firsts[i] <= start) {
                top = i;
                end = Math.min(Math.min(limit, silence), ends[i]);
                return true;
            }
            silence = Math.min(silence, firsts[i]);
        }
        silences[block] = silence;
        return false;
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
