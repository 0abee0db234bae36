package io.varve.daemon.layer;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Damage;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads everything that layers consist of, and compares it with every checksum, digest and name there is. Goes on
 * after what it finds, and leaves the page cache as it was.
 *
 * <p>Owned by the thread that scrubs.
 */
public final class Scrub {

    /** Bytes between two calls of the progress, where nobody minds: enough to keep all lanes of the hash busy. */
    private static final int PIECE_LENGTH = 8 << 20;

    private final FileSpace space;
    private final Path layersDirectory;
    private final LongConsumer progress;
    private final int pieceLength;
    private final Set<BlobRef> checkedBlobs = new HashSet<>();

    /** @param progress is told, again and again, how many more bytes of pages were checked */
    public Scrub(FileSpace space, Path layersDirectory, LongConsumer progress) {
        this(space, layersDirectory, progress, PIECE_LENGTH);
    }

    /** @param pieceLength bytes between two calls of the progress, a multiple of 64 KiB */
    public Scrub(FileSpace space, Path layersDirectory, LongConsumer progress, int pieceLength) {
        if (pieceLength < Segment.CHUNK_LENGTH || pieceLength % Segment.CHUNK_LENGTH != 0) {
            throw new IllegalArgumentException("pieces of " + pieceLength + " bytes");
        }
        this.space = space;
        this.layersDirectory = layersDirectory;
        this.progress = progress;
        this.pieceLength = pieceLength;
    }

    /**
     * The layer and its blobs; a blob that several layers share is checked with the first one.
     *
     * @return empty if the layer is what was sealed; else in the order manifest, map, blobs
     */
    public List<Damage> check(LayerId id) {
        List<Damage> damages = new ArrayList<>(checkLayer(id));
        try {
            for (BlobRef ref : LayerManifest.read(space, layersDirectory, id).blobs()) {
                if (checkedBlobs.add(ref)) {
                    damages.addAll(checkBlob(ref));
                }
            }
        } catch (IOException e) {
            // The check of the layer has said what is wrong with its manifest.
            return damages;
        }
        return damages;
    }

    /** Manifest and map. */
    public List<Damage> checkLayer(LayerId id) {
        DamageList damages = new DamageList();
        try {
            checkMap(LayerManifest.read(space, layersDirectory, id), damages);
        } catch (IOException e) {
            damages.addWhole(space, LayerFiles.manifest(layersDirectory, id), e);
        }
        return damages.toList();
    }

    /** Pages, checksums and digests. */
    public List<Damage> checkBlob(BlobRef ref) {
        DamageList damages = new DamageList();
        new BlobScrub(space, LayerFiles.blob(layersDirectory, ref.id()), ref, pieceLength, damages).run(progress);
        return damages.toList();
    }

    /**
     * Pages of the disk that a layer takes from pages of a blob: what a client cannot read because of a damage there.
     *
     * @param limit of ranges; what lies behind is left out
     * @return empty also if the layer itself cannot be read
     */
    public List<PageRange> diskPages(LayerId id, BlobRef ref, PageRange blobPages, int limit) {
        List<PageRange> ranges = new ArrayList<>();
        try {
            LayerManifest manifest = LayerManifest.read(space, layersDirectory, id);
            int[] ordinals = new int[manifest.blobs().size()];
            for (int i = 0; i < ordinals.length; i++) {
                ordinals[i] = i;
            }
            MapFile map = MapFile.open(space, layersDirectory, manifest, ordinals);
            for (int i = 0; i < map.extentCount() && ranges.size() < limit; i++) {
                if (map.kind(i) == Run.DATA && manifest.blobs().get(map.blobIndex(i)).equals(ref)) {
                    addShared(map, i, blobPages, ranges);
                }
            }
        } catch (IOException e) {
            // It is told as a damage of its own.
            return List.of();
        }
        return ranges;
    }

    private static void addShared(MapFile map, int extent, PageRange blobPages, List<PageRange> ranges) {
        long first = Math.max(map.blobPage(extent), blobPages.firstPage());
        long last = Math.min(map.blobPage(extent) + map.pageCount(extent) - 1, blobPages.lastPage());
        if (first > last) {
            return;
        }
        long diskPage = map.pageIndex(extent) + first - map.blobPage(extent);
        int before = ranges.size() - 1;
        if (before >= 0 && ranges.get(before).lastPage() + 1 == diskPage) {
            ranges.set(before, new PageRange(ranges.get(before).firstPage(),
                    ranges.get(before).pageCount() + last - first + 1));
        } else {
            ranges.add(new PageRange(diskPage, last - first + 1));
        }
    }

    /**
     * Pages of the blob that clients cannot read because of a damage to one of its files.
     *
     * @return null if they can read all: digests are not looked at when serving
     */
    public static PageRange unreadablePages(BlobRef ref, Damage damage) {
        Path file = Path.of(damage.file());
        PageRange all = new PageRange(0, ref.pageCount());
        if (file.endsWith(LayerFiles.CHUNKS)) {
            return null;
        }
        if (damage.length() == 0) {
            return all;
        }
        long first = damage.position();
        long last = damage.position() + damage.length() - 1;
        if (file.endsWith(LayerFiles.PAGES)) {
            return inside(ref, Pages.index(first), Pages.index(last));
        }
        return first < TableHeader.LENGTH ? all : inside(ref, (first - TableHeader.LENGTH) / Integer.BYTES,
                (last - TableHeader.LENGTH) / Integer.BYTES);
    }

    private static PageRange inside(BlobRef ref, long firstPage, long lastPage) {
        if (firstPage >= ref.pageCount()) {
            return null;
        }
        return new PageRange(firstPage, Math.min(lastPage, ref.pageCount() - 1) - firstPage + 1);
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
