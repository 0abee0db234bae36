package io.varve.daemon.disk;

import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.layer.Chain;
import java.util.function.IntFunction;

/**
 * What a disk reads through when its overlay says nothing: the flattened chain and the blobs it points into. An
 * operation takes the snapshot once and uses it to the end, so that another chain of the same content may take its
 * place in between.
 *
 * <p>Immutable.
 */
public final class ChainSnapshot {

    private final ExtentMap extents;
    private final IntFunction<BlockSource> sources;

    /** @param sources by the blob index of the extents */
    ChainSnapshot(ExtentMap extents, IntFunction<BlockSource> sources) {
        this.extents = extents;
        this.sources = sources;
    }

    public static ChainSnapshot of(Chain chain) {
        return new ChainSnapshot(chain.extents(), chain::source);
    }

    ExtentMap extents() {
        return extents;
    }

    BlockSource source(int blobIndex) {
        return sources.apply(blobIndex);
    }
}
