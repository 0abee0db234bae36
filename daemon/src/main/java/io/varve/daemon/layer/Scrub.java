package io.varve.daemon.layer;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads everything that layers consist of, and compares it with every checksum, digest and name there is. Goes on
 * after what it finds. A blob that several layers share is read once per scrub.
 *
 * <p>Owned by the thread that scrubs.
 */
public final class Scrub {

    private final FileSpace space;
    private final Path layersDirectory;
    private final LongConsumer progress;
    private final Set<String> checkedBlobs = new HashSet<>();

    /** @param progress is told, again and again, how many more bytes of pages were checked */
    public Scrub(FileSpace space, Path layersDirectory, LongConsumer progress) {
        this.space = space;
        this.layersDirectory = layersDirectory;
        this.progress = progress;
    }

    /** Bytes of pages that {@link #check} would read, blobs already checked not counted; 0 if nobody can know. */
    public long length(LayerId id) {
        try {
            return LayerManifest.read(space, layersDirectory, id).blobs().stream()
                    .filter(blob -> !checkedBlobs.contains(blob.id()))
                    .mapToLong(blob -> Pages.offset(blob.pageCount())).sum();
        } catch (IOException e) {
            // The check will say what is wrong with it.
            return 0;
        }
    }

    /** @return empty if the layer is what was sealed; else in the order manifest, map, blobs */
    public List<Damage> check(LayerId id) {
        DamageList damages = new DamageList();
        LayerManifest manifest;
        try {
            manifest = LayerManifest.read(space, layersDirectory, id);
        } catch (IOException e) {
            damages.addWhole(space, LayerFiles.manifest(layersDirectory, id), e);
            return damages.toList();
        }
        checkMap(manifest, damages);
        for (BlobRef ref : manifest.blobs()) {
            if (checkedBlobs.add(ref.id())) {
                new BlobScrub(space, LayerFiles.blob(layersDirectory, ref.id()), ref, damages).run(progress);
            }
        }
        return damages.toList();
    }

    private void checkMap(LayerManifest manifest, DamageList damages) {
        Path path = LayerFiles.map(layersDirectory, manifest.mapId());
        try {
            MapFile map = MapFile.open(space, layersDirectory, manifest, new int[manifest.blobs().size()]);
            String id = contentId(path, manifest);
            if (!id.equals(manifest.mapId())) {
                damages.add(path, TableHeader.LENGTH, map.extentCount() * (long) TableKind.MAP.entryLength(),
                        "its extents are those of map " + id);
            }
        } catch (IOException e) {
            damages.addWhole(space, path, e);
        }
    }

    private String contentId(Path path, LayerManifest manifest) throws IOException {
        try (TableFile table = TableFile.open(space, path, TableKind.MAP, manifest.mapId(),
                LayerManifest.MAX_EXTENT_COUNT)) {
            MessageDigest digest = Sha256.digest();
            UnsafeBuffer segment = Buffers.alignedDirect(TableHeader.SEGMENT_LENGTH);
            byte[] copy = new byte[TableHeader.SEGMENT_LENGTH];
            for (int i = 0; i < table.header().segmentCount(); i++) {
                table.readSegment(i, segment, 0);
                segment.getBytes(0, copy, 0, table.segmentLength(i));
                digest.update(copy, 0, table.segmentLength(i));
            }
            TableHeader header = table.header();
            return TableHeader.contentId(digest, header.entryCount(), header.pageCount(), header.blobCount());
        }
    }
}
