package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * The format as other programs must read it: one small layer whose files are computed here, from the description of
 * the package, with nothing of the reader or writer.
 */
class LayerGoldenTest {

    private static final int PAGE = Pages.PAGE_SIZE;
    private static final int PAGE_COUNT = 40;
    /** Pages 0 to 16 are data, 17 is zero over the parent's data, 30 is data. */
    private static final int[] DATA_PAGES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 30};

    private final SimFileSpace space = new SimFileSpace();

    @Test
    void shouldWriteTheFilesThatTheFormatSays() throws Exception {
        LayerId id = sealExample();

        byte[] blob = new byte[DATA_PAGES.length * PAGE];
        for (int i = 0; i < DATA_PAGES.length; i++) {
            System.arraycopy(content(DATA_PAGES[i]), 0, blob, i * PAGE, PAGE);
        }
        byte[] digests = concat(sha256(slice(blob, 0, 65536)), sha256(slice(blob, 65536, 2 * PAGE)));
        byte[] blobId = sha256(digests, longs(2, DATA_PAGES.length), ints(0));
        byte[] crcs = new byte[0];
        for (int page = 0; page < DATA_PAGES.length; page++) {
            crcs = concat(crcs, ints(crc32c(slice(blob, page * PAGE, PAGE))));
        }
        byte[] extents = longs(
                0L | 16L << 36 | 2L << 56, 0,
                17L | 0L << 36 | 1L << 56, 0,
                30L | 0L << 36 | 2L << 56, 17);
        byte[] mapId = sha256(extents, longs(3, PAGE_COUNT), ints(1));
        String manifest = "{\"format\":\"varve-layer\",\"version\":1,\"size\":" + (PAGE_COUNT * PAGE - 100)
                + ",\"map\":{\"id\":\"" + hex(mapId) + "\",\"extents\":3},\"dataPages\":18,\"zeroPages\":1,"
                + "\"blobs\":[{\"id\":\"" + hex(blobId) + "\",\"pages\":18}]}";

        assertThat(id.hex()).isEqualTo(hex(sha256(manifest.getBytes(StandardCharsets.US_ASCII))));
        assertThat(file("layers/" + id.hex() + ".json")).asString(StandardCharsets.US_ASCII).isEqualTo(manifest);
        String directory = "blobs/" + hex(blobId) + "/";
        assertThat(file(directory + "pages")).isEqualTo(blob);
        assertThat(file(directory + "crc")).isEqualTo(table("VARVECRC", 4, blobId, crcs, 18, 0));
        assertThat(file(directory + "chunks")).isEqualTo(table("VARVECHK", 32, blobId, digests, 18, 0));
        assertThat(file("layers/" + hex(mapId) + ".map")).isEqualTo(table("VARVEMAP", 16, mapId, extents, 40, 1));
    }

    @Test
    void shouldPackTheLargestExtent() {
        UnsafeBuffer entry = Buffers.alignedDirect(16);
        long lastPage = (1L << 36) - 1;

        MapEntry.put(entry, 0, lastPage, 1 << 20, Run.DATA);
        MapEntry.putTarget(entry, 0, 4095, lastPage);

        byte[] bytes = new byte[16];
        entry.getBytes(0, bytes);
        assertThat(hex(bytes)).isEqualTo("ffffffffffffff02" + "ffffffffffff0000");
        assertThat(MapEntry.isWellFormed(entry, 0)).isTrue();
        assertThat(MapEntry.pageIndex(entry, 0)).isEqualTo(lastPage);
        assertThat(MapEntry.pageCount(entry, 0)).isEqualTo(1 << 20);
        assertThat(MapEntry.ordinal(entry, 0)).isEqualTo(4095);
        assertThat(MapEntry.blobPage(entry, 0)).isEqualTo(lastPage);
    }

    /** A table of more than one segment has one checksum for each. */
    @Test
    void shouldListAChecksumPerSegment() throws Exception {
        space.createDirectories(TestLayers.LAYERS);
        byte[] entries = new byte[65536 + 65536 + 32];
        new Random(4).nextBytes(entries);
        UnsafeBuffer source = Buffers.alignedDirect(entries.length);
        source.putBytes(0, entries);
        String id;
        try (TableWriter writer = new TableWriter(space.open(TestLayers.LAYERS.resolve("table"),
                OpenMode.CREATE_NEW), TableKind.CHUNKS)) {
            writer.append(source, 0, 1000 * 32);
            writer.append(source, 1000 * 32, entries.length - 1000 * 32);
            id = writer.finish(77, 0);
        }

        assertThat(file("layers/table")).isEqualTo(
                table("VARVECHK", 32, HexFormat.of().parseHex(id), entries, 77, 0));
    }

    private LayerId sealExample() throws IOException {
        TestDisk disk = TestDisk.empty(PAGE_COUNT * PAGE - 100);
        disk.fill(17, 5);
        LayerId base = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        disk.fill(17, 0);
        for (int page : DATA_PAGES) {
            disk.bytes.putBytes(page * PAGE, content(page));
        }
        try (Chain parent = TestLayers.open(space, TestLayers.LAYERS, disk, base)) {
            return TestLayers.seal(space, TestLayers.LAYERS, disk, parent, new Random(2));
        }
    }

    private static byte[] content(int page) {
        byte[] content = new byte[PAGE];
        Arrays.fill(content, (byte) ('a' + page));
        return content;
    }

    private byte[] file(String name) throws IOException {
        return TestLayers.fileContent(space, TestLayers.LAYERS.resolveSibling(name));
    }

    private static byte[] table(String magic, int entryLength, byte[] id, byte[] entries, long pageCount,
            int blobCount) {
        byte[] directory = new byte[0];
        for (int from = 0; from < entries.length; from += 65536) {
            directory = concat(directory, ints(crc32c(slice(entries, from, Math.min(65536, entries.length - from)))));
        }
        byte[] head = concat(magic.getBytes(StandardCharsets.US_ASCII), ints(1, entryLength), id,
                longs(entries.length / entryLength, pageCount), ints(blobCount), new byte[52],
                ints(crc32c(directory)));
        return concat(head, ints(crc32c(head)), entries, directory);
    }

    private static byte[] sha256(byte[]... parts) {
        MessageDigest digest = Sha256.digest();
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    private static int crc32c(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static byte[] longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            buffer.putLong(value);
        }
        return buffer.array();
    }

    private static byte[] ints(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            buffer.putInt(value);
        }
        return buffer.array();
    }

    private static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    private static byte[] slice(byte[] bytes, int from, int length) {
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
