package io.varve.daemon.disk;

import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a disk reads through when its overlay says nothing: the flattened chain and the blobs it points into.
 *
 * <p>Immutable.
 */
public final class ChainSnapshot {

    private static final Logger LOG = LoggerFactory.getLogger(ChainSnapshot.class);

    private final List<LayerId> layers;
    private final ExtentMap extents;
    private final List<BlockSource> sources;
    private final Runnable onUnused;

    /** @param sources by the blob index of the extents */
    ChainSnapshot(List<LayerId> layers, ExtentMap extents, List<BlockSource> sources, Runnable onUnused) {
        this.layers = List.copyOf(layers);
        this.extents = extents;
        this.sources = List.copyOf(sources);
        this.onUnused = onUnused;
    }

    /** @param onUnused runs once, when nobody reads through the snapshot any more, on any thread */
    public static ChainSnapshot of(Chain chain, Runnable onUnused) {
        return new ChainSnapshot(chain.layers(), chain.extents(), chain.sources(), onUnused);
    }

    /** The same with one more layer on top, which it closes. Takes over what this snapshot has to give back. */
    public ChainSnapshot with(LayerId id, FrozenLayer top) {
        List<LayerId> moreLayers = new ArrayList<>(layers);
        moreLayers.add(id);
        List<BlockSource> moreSources = new ArrayList<>(sources);
        moreSources.add(top.data());
        return new ChainSnapshot(moreLayers, extents.with(top.extents(sources.size())), moreSources, () -> {
            close(id, top);
            giveBack();
        });
    }

    /**
     * Does ahead what the first reads through this snapshot would have to do, wherever there were reads through another
     * one: before it takes its place, and not on an agent, for whose clients that would be a pause.
     */
    public void prepareAs(ChainSnapshot other) {
        extents.flattenAs(other.extents);
    }

    private static void close(LayerId id, FrozenLayer layer) {
        try {
            layer.close();
        } catch (final IOException ex) {
            LOG.warn("layer {} did not close cleanly", id, ex);
        }
    }

    /** Base first. */
    public List<LayerId> layers() {
        return layers;
    }

    ExtentMap extents() {
        return extents;
    }

    /** Those of the first source that has threads of its own: it is the one that makes others wait. */
    Executor loaders(Executor usual) {
        for (final BlockSource source : sources) {
            final Executor loaders = source.loaders(usual);
            if (loaders != usual) {
                return loaders;
            }
        }
        return usual;
    }

    BlockSource source(int blobIndex) {
        return sources.get(blobIndex);
    }

    void giveBack() {
        onUnused.run();
    }
}
