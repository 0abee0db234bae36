package io.varve.daemon.disk;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.layer.Chain;
import java.util.function.IntFunction;

/**
 * What a disk reads through when its overlay says nothing: the flattened chain and the blobs it points into.
 *
 * <p>Immutable.
 */
public final class ChainSnapshot {

    private final ExtentMap extents;
    private final IntFunction<BlockSource> sources;
    private final Runnable onUnused;

    /** @param sources by the blob index of the extents */
    ChainSnapshot(ExtentMap extents, IntFunction<BlockSource> sources, Runnable onUnused) {
        this.extents = extents;
        this.sources = sources;
        this.onUnused = onUnused;
    }

    /** @param onUnused runs once, when nobody reads through the snapshot any more, on any thread */
    public static ChainSnapshot of(Chain chain, Runnable onUnused) {
        return new ChainSnapshot(chain.extents(), chain::source, onUnused);
    }

    /**
     * The same with one more layer on top. Takes over what this snapshot has to give back.
     *
     * @param top      calls its data {@code topIndex}
     * @param topIndex larger than any blob index of this snapshot
     * @param onUnused gives back what the top needs; runs before that of this snapshot
     */
    public ChainSnapshot with(ExtentList top, int topIndex, BlockSource data, Runnable onUnused) {
        return new ChainSnapshot(extents.with(top), index -> index == topIndex ? data : sources.apply(index), () -> {
            onUnused.run();
            giveBack();
        });
    }

    ExtentMap extents() {
        return extents;
    }

    BlockSource source(int blobIndex) {
        return sources.apply(blobIndex);
    }

    void giveBack() {
        onUnused.run();
    }
}
