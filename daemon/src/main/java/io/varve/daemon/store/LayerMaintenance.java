package io.varve.daemon.store;

import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerLimitException;
import io.varve.daemon.layer.LayerMerge;
import io.varve.daemon.layer.LayerMerge.Below;
import io.varve.daemon.layer.LayerUse;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Puts other layers of the same content under images and all that stands on them: fewer, denser, or on another base.
 * Each change becomes visible in one step, {@link Store#replace}; whatever is cut short before it has changed nothing,
 * and is done by repeating it.
 *
 * <p>Layers are compared and copied as pages up to the size of the largest of them, not of the image, because a larger
 * image may have the same layers below its own.
 *
 * <p>Owned by the thread that does it.
 */
public final class LayerMaintenance {

    private final Store store;
    private final long rate;
    private final MaintenanceListener listener;

    /** @param rate bytes per second that are copied at most; 0: as fast as possible */
    public LayerMaintenance(Store store, long rate, MaintenanceListener listener) {
        this.store = store;
        this.rate = rate;
        this.listener = listener;
    }

    /**
     * What became of the layers of an image.
     *
     * @param before base first
     * @param after  the same list if there was nothing to do
     * @param copied whether pages were written into a new blob
     */
    public record Outcome(List<LayerId> before, List<LayerId> after, boolean copied) {}

    /**
     * Makes one layer of the topmost ones: as a map alone, visible at once; and then, if blobs would be held of which
     * less than half is seen, once more with those pages in a new blob. A merge that was cut short between the two
     * goes on when it is repeated.
     *
     * @param count 1 to all layers of the image; 1: only the second step, if it is needed
     * @throws StoreException if the image has fewer layers
     */
    public Outcome merge(ImageName image, int count) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> chain = chain(image);
            List<LayerId> merged = chain;
            if (!isHalfDone(chain, count)) {
                if (count < 1 || count > chain.size()) {
                    throw new StoreException("image " + image + ": has " + layers(chain.size()) + ": from 1 to that "
                            + "many can be merged, not " + count);
                }
                merged = merge(image, chain, count);
            }
            List<LayerId> dense = densify(merged);
            return new Outcome(chain, dense, !dense.equals(merged));
        }
    }

    /** Whether such a merge has been made visible, and its second step is missing. */
    private boolean isHalfDone(List<LayerId> chain, int count) throws IOException {
        return count > 1 && !chain.isEmpty() && store.wasMerged(chain, count)
                && use(chain.get(chain.size() - 1)).sparse();
    }

    /**
     * Makes one layer of a chain, in the same two steps.
     *
     * @param chain as {@link Store#resolve} names it, base first, without loose layers
     */
    List<LayerId> merge(List<LayerId> chain) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            return densify(replace(chain, above(List.of(), merge(chain, List.of()))));
        }
    }

    /** The second of these steps alone. */
    List<LayerId> giveBack(List<LayerId> chain) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            return densify(chain);
        }
    }

    private List<LayerId> merge(ImageName image, List<LayerId> chain, int count) throws IOException {
        if (count == 1) {
            return chain;
        }
        List<LayerId> rest = chain.subList(0, chain.size() - count);
        List<LayerId> top = chain.subList(chain.size() - count, chain.size());
        try {
            return replace(chain, above(rest, merge(top, rest)));
        } catch (LayerLimitException e) {
            throw new StoreException("image " + image + ": " + e.getMessage() + ": merge fewer layers, or flatten it",
                    e);
        }
    }

    /** Gives back the space that is wasted below the topmost layer: the pages it has in sparse blobs get a new one. */
    private List<LayerId> densify(List<LayerId> chain) throws IOException {
        if (chain.isEmpty()) {
            return chain;
        }
        LayerId top = chain.get(chain.size() - 1);
        Set<String> sparse = use(top).sparseBlobIds();
        if (sparse.isEmpty()) {
            return chain;
        }
        LayerId moved;
        long size = store.layer(top).size();
        try (Chain source = store.openChain(List.of(top), Pages.offset(Pages.count(size)))) {
            moved = ChainCopy.ofBlobs(store, source, sparse, new Pace(rate), listener).run(size);
        }
        List<LayerId> rest = chain.subList(0, chain.size() - 1);
        return replace(chain, above(rest, merge(List.of(top, moved), rest)));
    }

    private LayerId merge(List<LayerId> layers, List<LayerId> below) throws IOException {
        return LayerMerge.merge(store.space(), store.layout().layers(), layers,
                below.isEmpty() ? Below.NOTHING : Below.LAYERS);
    }

    private LayerUse use(LayerId layer) throws IOException {
        return LayerUse.of(store.space(), store.layout().layers(), layer);
    }

    /**
     * Makes one layer of all, with one blob that holds no page that is not seen.
     *
     * @throws StoreException if there is no such image
     */
    public Outcome flatten(ImageName image) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> chain = chain(image);
            if (isFlat(chain)) {
                return new Outcome(chain, chain, false);
            }
            return new Outcome(chain, replace(chain, above(List.of(), copy(chain, List.of()))), true);
        }
    }

    /**
     * Makes a new image of one layer; the old one stays as it is.
     *
     * @throws StoreException if the name is taken
     */
    public Outcome flatten(ImageName image, ImageName fresh) throws IOException {
        store.requireFree(fresh);
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> chain = chain(image);
            ImageManifest manifest = store.image(image);
            List<LayerId> flat = chain;
            if (!isFlat(chain)) {
                try (Chain source = store.openChain(chain, manifest.size())) {
                    flat = above(List.of(), copy(source, null, manifest.size()));
                }
            }
            store.publish(fresh, new ImageManifest(manifest.size(), flat, Instant.now(), image.toString(), null));
            store.boots().copy(image, fresh);
            return new Outcome(chain, flat, !flat.equals(chain));
        }
    }

    private boolean isFlat(List<LayerId> chain) throws IOException {
        return chain.isEmpty()
                || chain.size() == 1 && use(chain.get(0)).dense();
    }

    /**
     * Puts the image onto the layers of another one, with one layer above them for what differs. The content stays the
     * same, byte for byte.
     *
     * @throws StoreException if the image has no layers, or the other one stands on it
     */
    public Outcome rebase(ImageName image, ImageName onto) throws IOException {
        try (FileLocks.Lock writing = store.lockForWriting()) {
            List<LayerId> chain = chain(image);
            List<LayerId> base = chain(onto);
            if (chain.isEmpty()) {
                throw new StoreException("image " + image + ": all zeros, without a layer: there is nothing to rebase");
            }
            if (!base.isEmpty() && StandingChain.startsWith(chain, base)) {
                return new Outcome(chain, chain, false);
            }
            if (StandingChain.startsWith(base, chain)) {
                throw new StoreException("image " + image + ": image " + onto + " stands on its layers: flatten that "
                        + "one first");
            }
            return new Outcome(chain, replace(chain, above(base, copy(chain, base))), true);
        }
    }

    /** As it is now, without loose layers: these have no checksums, and are sealed first. */
    private List<LayerId> chain(ImageName image) throws IOException {
        List<LayerId> chain = store.image(image).chain();
        for (int i = store.looseLayers().firstIn(chain); i >= 0; i = store.looseLayers().firstIn(chain)) {
            LayerId loose = chain.get(i);
            try {
                long size = store.looseLayers().size(loose);
                new FrozenSeal(store, new Pace(rate)).seal(chain.subList(0, i + 1), size);
            } catch (StoreException | NoSuchFileException e) {
                // A daemon may have sealed it meanwhile.
                if (store.image(image).chain().contains(loose)) {
                    throw e;
                }
            }
            chain = store.image(image).chain();
        }
        return chain;
    }

    /** What {@code chain} says, as one layer above {@code below}. */
    private LayerId copy(List<LayerId> chain, List<LayerId> below) throws IOException {
        long size = Math.max(size(chain), size(below));
        long seen = Pages.offset(Pages.count(size));
        try (Chain source = store.openChain(chain, seen)) {
            if (below.isEmpty()) {
                return copy(source, null, size);
            }
            try (Chain parent = store.openChain(below, seen)) {
                return copy(source, parent, size);
            }
        }
    }

    private LayerId copy(Chain source, Chain below, long size) throws IOException {
        return new ChainCopy(store, source, below, new Pace(rate), listener).run(size);
    }

    /** Bytes; 0 without layers. */
    private long size(List<LayerId> chain) throws IOException {
        long size = 0;
        for (LayerId layer : chain) {
            size = Math.max(size, store.layer(layer).size());
        }
        return size;
    }

    /** A layer that says nothing is left out. */
    private List<LayerId> above(List<LayerId> below, LayerId layer) throws IOException {
        List<LayerId> chain = new ArrayList<>(below);
        if (store.layer(layer).extentCount() > 0) {
            chain.add(layer);
        }
        return List.copyOf(chain);
    }

    private List<LayerId> replace(List<LayerId> from, List<LayerId> to) throws IOException {
        if (from.equals(to)) {
            return from;
        }
        List<LayerId> now = store.replace(from, to);
        listener.onReplaced();
        return now;
    }

    private static String layers(int count) {
        return count + (count == 1 ? " layer" : " layers");
    }
}
