package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.SeedFiles;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any bytes are a manifest, a map or a table, or they are damage or another version; a manifest is
 * written back as the same bytes; extents of a map ascend, lie in the disk, and point into their blobs. Tables are
 * tried as they are, and once more with checksums and counts that are right.
 */
class LayerFuzzTest {

    private static final int BLOB_PAGES = 40;
    private static final int MAX_ENTRIES = 1000;

    private final SimFileSpace space = new SimFileSpace();

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        TestDisk disk = TestDisk.empty(60_000);
        disk.fill(9, 9);
        LayerId base = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        disk.fill(9, 0);
        for (int page : new int[] {2, 3, 14}) {
            disk.fill(page, page);
        }
        LayerId patch;
        try (Chain parent = TestLayers.open(space, TestLayers.LAYERS, disk, base)) {
            patch = TestLayers.seal(space, TestLayers.LAYERS, disk, parent, new Random(1));
        }
        LayerManifest manifest = LayerManifest.read(space, TestLayers.LAYERS, patch);
        Path blob = LayerFiles.blob(TestLayers.LAYERS, manifest.blobs().get(0).id());
        SeedFiles.check(LayerFuzzTest.class, "shouldAnswerAnyManifest", Map.of(
                "base.json", content(LayerFiles.manifest(TestLayers.LAYERS, base)),
                "patch.json", content(LayerFiles.manifest(TestLayers.LAYERS, patch))));
        SeedFiles.check(LayerFuzzTest.class, "shouldAnswerAnyMap", Map.of(
                "patch.map", content(LayerFiles.map(TestLayers.LAYERS, manifest.mapId()))));
        SeedFiles.check(LayerFuzzTest.class, "shouldAnswerAnyTable",
                Map.of("crc", content(blob.resolve("crc")), "chunks", content(blob.resolve("chunks"))));
    }

    private byte[] content(Path file) throws IOException {
        return TestLayers.fileContent(space, file);
    }

    @FuzzTest
    void shouldAnswerAnyManifest(byte[] content) throws IOException {
        LayerManifest manifest;
        try {
            manifest = LayerManifest.parse("file", content);
        } catch (CorruptDataException | FormatVersionException e) {
            return;
        }
        if (!Arrays.equals(manifest.toJson(), content)) {
            throw new AssertionError("written back as other bytes");
        }
    }

    @FuzzTest
    void shouldAnswerAnyMap(byte[] content) throws IOException {
        checkMap(content);
        byte[] sealed = sealed(content, TableKind.MAP);
        if (sealed != null) {
            checkMap(sealed);
        }
    }

    @FuzzTest
    void shouldAnswerAnyTable(byte[] content) throws IOException {
        for (TableKind kind : List.of(TableKind.CRC, TableKind.CHUNKS)) {
            byte[] sealed = sealed(content, kind);
            checkTable(content, kind);
            if (sealed != null) {
                checkTable(sealed, kind);
            }
        }
    }

    private void checkTable(byte[] content, TableKind kind) throws IOException {
        Path path = put(content, Path.of("/table"));
        try (TableFile table = TableFile.open(space, path, kind, id(content), MAX_ENTRIES)) {
            for (int i = 0; i < table.header().segmentCount(); i++) {
                table.segment(i);
            }
        } catch (CorruptDataException | FormatVersionException e) {
            requireName(e, path);
        }
    }

    private void checkMap(byte[] content) throws IOException {
        LayerManifest manifest = manifestFor(content);
        if (manifest == null) {
            return;
        }
        space.createDirectories(TestLayers.LAYERS);
        Path path = put(content, LayerFiles.map(TestLayers.LAYERS, manifest.mapId()));
        MapFile map;
        try {
            map = MapFile.open(space, TestLayers.LAYERS, manifest, new int[manifest.blobs().size()]);
        } catch (CorruptDataException | FormatVersionException e) {
            requireName(e, path);
            return;
        }
        long end = 0;
        for (int i = 0; i < map.extentCount(); i++) {
            boolean inBlob = map.kind(i) == Run.ZERO
                    || map.kind(i) == Run.DATA && map.blobPage(i) + map.pageCount(i) <= BLOB_PAGES;
            if (map.pageIndex(i) < end || map.pageCount(i) < 1 || !inBlob) {
                throw new AssertionError("extent " + i + " cannot be");
            }
            end = map.pageIndex(i) + map.pageCount(i);
        }
        if (end > manifest.pageCount()) {
            throw new AssertionError("an extent behind the end of the disk");
        }
    }

    private static void requireName(IOException failure, Path path) {
        if (!failure.getMessage().contains(path.toString())) {
            throw new AssertionError("it does not name the file", failure);
        }
    }

    private Path put(byte[] content, Path path) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(Math.max(1, content.length));
        buffer.putBytes(0, content);
        space.delete(path);
        try (BlockFile file = space.open(path, OpenMode.CREATE_NEW)) {
            file.write(0, buffer, 0, content.length);
        }
        return path;
    }

    private static String id(byte[] content) {
        return HexFormat.of().formatHex(
                Arrays.copyOfRange(Arrays.copyOf(content, TableHeader.LENGTH), 16, 48));
    }

    /** What a manifest would have to say for the map to be believed; null if no manifest can. */
    private static LayerManifest manifestFor(byte[] content) {
        UnsafeBuffer buffer = new UnsafeBuffer(Arrays.copyOf(content, Math.max(content.length, TableHeader.LENGTH)));
        long extents = buffer.getLong(48, LITTLE_ENDIAN);
        long pages = buffer.getLong(56, LITTLE_ENDIAN);
        int blobs = buffer.getInt(64, LITTLE_ENDIAN);
        if (pages < 0 || pages > MapEntry.MAX_PAGE_INDEX || blobs < 0 || blobs > 8 || extents < 0
                || extents > LayerManifest.MAX_EXTENT_COUNT) {
            return null;
        }
        long data = 0;
        for (int i = 0; i < extents && TableHeader.LENGTH + (i + 1) * 16 <= content.length; i++) {
            int at = TableHeader.LENGTH + i * 16;
            data += MapEntry.kind(buffer, at) == Run.DATA ? MapEntry.pageCount(buffer, at) : 0;
        }
        return new LayerManifest(Pages.offset(pages), id(buffer.byteArray()), extents, data, 0,
                Stream.generate(() -> new BlobRef("ab".repeat(32), BLOB_PAGES)).limit(blobs).toList());
    }

    /** The same with a header, a directory and a length that belong to its entries; null if it is too short. */
    private static byte[] sealed(byte[] content, TableKind kind) {
        int entries = Math.min(MAX_ENTRIES, (content.length - TableHeader.LENGTH - 4) / kind.entryLength());
        if (content.length < TableHeader.LENGTH + 4 || entries < 1) {
            return null;
        }
        int directory = TableHeader.LENGTH + entries * kind.entryLength();
        UnsafeBuffer sealed = Buffers.alignedDirect(directory + 4);
        sealed.putBytes(0, content, 0, directory);
        sealed.putStringWithoutLengthAscii(0, kind.magic());
        sealed.putInt(8, 1, LITTLE_ENDIAN);
        sealed.putInt(12, kind.entryLength(), LITTLE_ENDIAN);
        sealed.putLong(48, entries, LITTLE_ENDIAN);
        sealed.setMemory(68, 52, (byte) 0);
        sealed.putInt(directory, Crc32c.of(sealed, TableHeader.LENGTH, directory - TableHeader.LENGTH), LITTLE_ENDIAN);
        sealed.putInt(120, Crc32c.of(sealed, directory, 4), LITTLE_ENDIAN);
        sealed.putInt(124, Crc32c.of(sealed, 0, 124), LITTLE_ENDIAN);
        byte[] bytes = new byte[directory + 4];
        sealed.getBytes(0, bytes);
        return bytes;
    }
}
