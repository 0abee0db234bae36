package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.MutableDirectBuffer;

/**
 * Layers over one another, open for reading, shared by everybody who reads the image. A blob that several layers
 * point into is open once.
 *
 * <p>Thread-safe because it does not change; {@link #close} is called once, by the owner, when nobody reads any more.
 */
public final class Chain implements AutoCloseable {

    private final long size;
    private final List<Layer> layers;
    private final List<BlockSource> sources;
    private final int[] layerOfBlob;
    private final List<AutoCloseable> open;
    private final ExtentMap extents;

    private Chain(long size, Opening opening) {
        this.size = size;
        this.layers = List.copyOf(opening.layers);
        this.sources = List.copyOf(opening.sources);
        this.layerOfBlob = opening.layerOfBlob.stream().mapToInt(Integer::intValue).toArray();
        this.extents = opening.map(size);
        this.open = List.copyOf(opening.open);
    }

    /** A chain without frozen layers, that shares nothing. See the other {@code open}. */
    public static Chain open(FileSpace space, Path layersDirectory, List<LayerId> baseFirst, long size)
            throws IOException {
        return open(new OpenLayers(space, layersDirectory), baseFirst, size, FrozenLayer.Finder.NONE, List.of());
    }

    /**
     * Reads manifests and maps, and opens blobs, as far as no other chain has them open; reads no page.
     *
     * @param shared          what chains of the store have in common
     * @param size            bytes of the disk; what layers say beyond it is not seen
     * @param frozen          asked for each layer first
     * @param held            closed with the chain, or at once if this fails
     * @throws CorruptDataException                          if a file is not what was sealed
     * @throws io.varve.daemon.io.FormatVersionException     if a newer Varve wrote a file
     * @throws java.nio.file.NoSuchFileException             if a file of a layer is missing
     */
    public static Chain open(OpenLayers shared, List<LayerId> baseFirst, long size, FrozenLayer.Finder frozen,
            List<? extends AutoCloseable> held) throws IOException {
        Opening opening = new Opening(shared);
        opening.open.addAll(held);
        try {
            for (LayerId id : baseFirst) {
                FrozenLayer found = frozen.find(id);
                if (found != null) {
                    opening.add(id, found);
                } else {
                    opening.add(id);
                }
            }
            return new Chain(size, opening);
        } catch (IOException | RuntimeException e) {
            closeAll(opening.open, e);
            throw e;
        }
    }

    /** What is open so far. Owned by the thread that opens the chain. */
    private static final class Opening {

        private final OpenLayers shared;
        private final List<Layer> layers = new ArrayList<>();
        private final List<LayerId> sealed = new ArrayList<>();
        private final List<BlockSource> sources = new ArrayList<>();
        private final List<Integer> layerOfBlob = new ArrayList<>();
        private final List<AutoCloseable> open = new ArrayList<>();
        private final Map<BlobRef, Integer> indexes = new HashMap<>();

        Opening(OpenLayers shared) {
            this.shared = shared;
        }

        void add(LayerId id) throws IOException {
            OpenOnce<LayerId, OpenLayers.SealedLayer>.Lease lease = shared.layer(id);
            open.add(lease);
            LayerManifest manifest = lease.value().manifest();
            int[] blobIndexes = new int[manifest.blobs().size()];
            for (int i = 0; i < blobIndexes.length; i++) {
                blobIndexes[i] = indexOf(manifest.blobs().get(i));
            }
            if (sealed.size() == layers.size()) {
                sealed.add(id);
            }
            layers.add(new Layer(id, manifest, lease.value().map(blobIndexes)));
        }

        private int indexOf(BlobRef ref) throws IOException {
            Integer known = indexes.get(ref);
            if (known == null) {
                known = sources.size();
                OpenOnce<BlobRef, Blob>.Lease lease = shared.blob(ref);
                open.add(lease);
                sources.add(lease.value());
                layerOfBlob.add(layers.size());
                indexes.put(ref, known);
            }
            return known;
        }

        ExtentMap map(long size) {
            OpenLayers.Mapped mapped = shared.map(sealed, layers.stream().map(Layer::extents).toList(), size);
            open.add(mapped);
            return mapped.map();
        }

        void add(LayerId id, FrozenLayer layer) {
            open.add(layer);
            layerOfBlob.add(layers.size());
            layers.add(new Layer(id, null, layer.extents(sources.size())));
            sources.add(layer.data());
        }
    }

    /** Bytes; need not be whole pages. */
    public long size() {
        return size;
    }

    public ExtentMap extents() {
        return extents;
    }

    /**
     * The blob that a run of {@link #extents} lies in. Positions in it are {@code blobPage * 4096 + byte in page}.
     * Every page that a read touches is checked; a bad one is a {@link CorruptDataException} for that read alone.
     */
    public BlockSource source(int blobIndex) {
        return sources.get(blobIndex);
    }

    /** By blob index. */
    public List<BlockSource> sources() {
        return sources;
    }

    /** By blob index: which layer, base first, brought the blob into the chain. */
    public int[] layerOfBlob() {
        return layerOfBlob.clone();
    }

    /** Whether a blob of this chain and one of another are the same, so that equal pages of both have equal bytes. */
    public boolean sameBlob(int blobIndex, Chain other, int otherIndex) {
        return sources.get(blobIndex) instanceof Blob mine && other.sources.get(otherIndex) instanceof Blob theirs
                && mine.ref().equals(theirs.ref());
    }

    /** Whether the pages of a blob have checksums of their own. */
    public boolean isSealed(int blobIndex) {
        return sources.get(blobIndex) instanceof Blob;
    }

    /** Whether a blob of this chain is one of {@code blobIds}. */
    public boolean isBlobOf(int blobIndex, Set<String> blobIds) {
        return sources.get(blobIndex) instanceof Blob blob && blobIds.contains(blob.ref().id());
    }

    /** Base first. */
    public List<LayerId> layers() {
        return layers.stream().map(Layer::id).toList();
    }

    public Layer layer(int index) {
        return layers.get(index);
    }

    /**
     * Reads bytes of the disk, waiting if it must: for jobs, not for clients.
     *
     * @param destination off-heap
     * @throws IndexOutOfBoundsException if the range does not lie inside the disk
     */
    public void read(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new IndexOutOfBoundsException(length + " bytes at " + offset + " of a disk of " + size + " bytes");
        }
        Run run = new Run();
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int skip = (int) at & Pages.PAGE_MASK;
            extents.lookup(Pages.index(at), Pages.count(skip + (long) length - done), run);
            int count = (int) Math.min(length - done, Pages.offset(run.pageCount()) - skip);
            if (run.kind() == Run.DATA) {
                source(run.blobIndex()).read(Pages.offset(run.blobPage()) + skip, destination, index + done, count);
            } else {
                destination.setMemory(index + done, count, (byte) 0);
            }
            done += count;
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = new IOException("closing a chain failed");
        closeAll(open, failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private static void closeAll(List<AutoCloseable> open, Exception failure) {
        for (AutoCloseable part : open) {
            try {
                part.close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    @Override
    public String toString() {
        return layers().toString();
    }
}
