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
    private final List<Blob> blobs;
    private final ExtentMap extents;

    private Chain(long size, List<Layer> layers, List<Blob> blobs) {
        this.size = size;
        this.layers = List.copyOf(layers);
        this.blobs = List.copyOf(blobs);
        this.extents = ExtentMap.flatten(Pages.count(size), layers.stream().map(Layer::extents).toList());
    }

    /**
     * Reads manifests and maps, and opens blobs; reads no page.
     *
     * @param layersDirectory {@code layers} of the store; {@code blobs} lies beside it
     * @param size            bytes of the disk; what layers say beyond it is not seen
     * @throws CorruptDataException                          if a file is not what was sealed
     * @throws io.varve.daemon.io.FormatVersionException     if a newer Varve wrote a file
     * @throws java.nio.file.NoSuchFileException             if a file of a layer is missing
     */
    public static Chain open(FileSpace space, Path layersDirectory, List<LayerId> baseFirst, long size)
            throws IOException {
        List<Layer> layers = new ArrayList<>();
        List<Blob> blobs = new ArrayList<>();
        Map<BlobRef, Integer> indexes = new HashMap<>();
        try {
            for (LayerId id : baseFirst) {
                LayerManifest manifest = LayerManifest.read(space, layersDirectory, id);
                int[] blobIndexes = new int[manifest.blobs().size()];
                for (int i = 0; i < blobIndexes.length; i++) {
                    BlobRef ref = manifest.blobs().get(i);
                    Integer known = indexes.get(ref);
                    if (known == null) {
                        known = blobs.size();
                        blobs.add(Blob.open(space, layersDirectory, ref));
                        indexes.put(ref, known);
                    }
                    blobIndexes[i] = known;
                }
                layers.add(new Layer(id, manifest, MapFile.open(space, layersDirectory, manifest, blobIndexes)));
            }
            return new Chain(size, layers, blobs);
        } catch (IOException | RuntimeException e) {
            closeAll(blobs, e);
            throw e;
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
        return blobs.get(blobIndex);
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
        closeAll(blobs, failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private static void closeAll(List<Blob> blobs, Exception failure) {
        for (Blob blob : blobs) {
            try {
                blob.close();
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
    }

    @Override
    public String toString() {
        return layers().toString();
    }
}
