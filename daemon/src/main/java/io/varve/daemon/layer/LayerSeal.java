package io.varve.daemon.layer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Gives the finished files of a layer their names. Each file is durable before it is renamed, and the manifest, which
 * names all others, is renamed last, after their names are durable.
 *
 * <p>Owned by the thread that writes the layer.
 */
final class LayerSeal {

    private static final String MANIFEST = "manifest";

    private final FileSpace space;
    private final Path layersDirectory;
    private final LayerWork work;

    LayerSeal(FileSpace space, Path layersDirectory, LayerWork work) {
        this.space = space;
        this.layersDirectory = layersDirectory;
        this.work = work;
    }

    /**
     * A layer with the pages that were written, or none.
     *
     * @param size bytes of the disk
     */
    LayerId publish(long size, MapWriter map) throws IOException {
        long blobPageCount = work.crcs.entryCount();
        if (blobPageCount == 0) {
            return publish(size, map, List.of());
        }
        BlobRef ref = new BlobRef(work.chunks.finish(blobPageCount, 0), blobPageCount);
        work.crcs.finish(ref.id(), blobPageCount, 0);
        work.pages.truncate(Pages.offset(blobPageCount));
        work.syncBlob();
        publishBlob(ref);
        return publish(size, map, List.of(ref));
    }

    /**
     * A layer whose pages are in blobs that are there already.
     *
     * @param size  bytes of the disk
     * @param blobs as the map counts them
     */
    LayerId publish(long size, MapWriter map, List<BlobRef> blobs) throws IOException {
        String mapId = map.finish(Pages.count(size), blobs.size());
        LayerManifest manifest = new LayerManifest(size, mapId, map.extentCount(), map.dataPageCount(),
                map.zeroPageCount(), blobs);
        work.map.sync();
        space.createDirectories(layersDirectory);
        publishMap(manifest);
        return publishManifest(manifest);
    }

    private void publishBlob(BlobRef ref) throws IOException {
        if (isThere(ref)) {
            return;
        }
        Path directory = LayerFiles.blob(layersDirectory, ref.id());
        space.createDirectories(directory);
        space.rename(work.crcPath(), directory.resolve(LayerFiles.CRC));
        space.rename(work.chunksPath(), directory.resolve(LayerFiles.CHUNKS));
        space.rename(work.pagesPath(), directory.resolve(LayerFiles.PAGES));
        space.syncDirectory(directory);
        space.syncDirectory(LayerFiles.blobs(layersDirectory));
        space.syncDirectory(work.directory);
    }

    /** Whole and of the right sizes; what a crash left half done, or a disk damaged so far, is written anew. */
    private boolean isThere(BlobRef ref) throws IOException {
        Path chunks = LayerFiles.blob(layersDirectory, ref.id()).resolve(LayerFiles.CHUNKS);
        long chunkCount = work.chunks.entryCount();
        try (Blob blob = Blob.open(space, layersDirectory, ref);
                TableFile table = Blob.openTable(space, chunks, TableKind.CHUNKS, ref, chunkCount)) {
            return blob.ref().equals(ref) && table.header().entryCount() == chunkCount;
        } catch (NoSuchFileException | CorruptDataException | TruncatedFileException | FormatVersionException e) {
            return false;
        }
    }

    private void publishMap(LayerManifest manifest) throws IOException {
        space.rename(work.mapPath(), LayerFiles.map(layersDirectory, manifest.mapId()));
        space.syncDirectory(layersDirectory);
        space.syncDirectory(work.directory);
    }

    private LayerId publishManifest(LayerManifest manifest) throws IOException {
        LayerId id = manifest.id();
        if (isThere(id)) {
            // A file that others have locked keeps its place; its name may not be durable yet.
            space.syncDirectory(layersDirectory);
            return id;
        }
        byte[] content = manifest.toJson();
        UnsafeBuffer buffer = Buffers.alignedDirect(content.length);
        buffer.putBytes(0, content);
        Path temporary = work.directory.resolve(MANIFEST);
        space.delete(temporary);
        try (BlockFile file = space.open(temporary, OpenMode.CREATE_NEW)) {
            file.write(0, buffer, 0, content.length);
            file.sync();
        }
        space.rename(temporary, LayerFiles.manifest(layersDirectory, id));
        space.syncDirectory(layersDirectory);
        space.syncDirectory(work.directory);
        return id;
    }

    private boolean isThere(LayerId id) throws IOException {
        try {
            LayerManifest.read(space, layersDirectory, id);
            return true;
        } catch (NoSuchFileException | CorruptDataException | TruncatedFileException | FormatVersionException e) {
            return false;
        }
    }
}
