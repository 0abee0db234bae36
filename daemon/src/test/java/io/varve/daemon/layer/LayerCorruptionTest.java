package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Damage;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A layer of three pages and two extents over a base; every byte of every file of it. */
class LayerCorruptionTest {

    private final SimFileSpace space = new SimFileSpace();
    private final UnsafeBuffer scratch = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private TestDisk disk;
    private LayerId base;
    private LayerId id;
    private LayerManifest manifest;

    @BeforeEach
    void seal() throws IOException {
        disk = TestDisk.empty(60_000);
        disk.fill(9, 9);
        base = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        disk.fill(9, 0);
        disk.fill(2, 2);
        disk.fill(3, 3);
        disk.fill(14, 14);
        try (Chain parent = TestLayers.open(space, TestLayers.LAYERS, disk, base)) {
            id = TestLayers.seal(space, TestLayers.LAYERS, disk, parent, new Random(1));
        }
        manifest = LayerManifest.read(space, TestLayers.LAYERS, id);
        assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id)).isEmpty();
    }

    private List<Path> files() {
        Path blob = LayerFiles.blob(TestLayers.LAYERS, manifest.blobs().get(0).id());
        return List.of(LayerFiles.manifest(TestLayers.LAYERS, id), LayerFiles.map(TestLayers.LAYERS, manifest.mapId()),
                blob.resolve("pages"), blob.resolve("crc"), blob.resolve("chunks"));
    }

    @Test
    void shouldNeverGiveAWrongByteAndAlwaysFindIt() throws IOException {
        for (Path path : files()) {
            try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
                for (int position = 0; position < file.size(); position++) {
                    int flipped = 1 << position % 8;
                    flip(file, position, flipped);
                    checkDamageAt(path, position);
                    flip(file, position, flipped);
                }
            }
        }
        assertThat(TestLayers.readAll(openChain())).isEqualTo(disk.range(0, (int) disk.size));
    }

    private void checkDamageAt(Path path, int position) throws IOException {
        byte[] content = null;
        try (Chain chain = openChain()) {
            content = TestLayers.readAll(chain);
        } catch (CorruptDataException e) {
            assertThat(e).as("byte %d of %s", position, path).hasMessageContaining(path.getFileName().toString());
        }
        if (content != null) {
            assertThat(content).as("byte %d of %s", position, path).isEqualTo(disk.range(0, (int) disk.size));
            assertThat(path.getFileName()).as("only digests of chunks are not read").hasToString("chunks");
        }
        if (path.endsWith("pages") && position % 64 != 0) {
            return;
        }
        List<Damage> damages = new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id);
        assertThat(damages).as("byte %d of %s", position, path).isNotEmpty()
                .anySatisfy(damage -> {
                    assertThat(damage.file()).isEqualTo(path.toString());
                    assertThat((long) position).isBetween(damage.position(), damage.position() + damage.length() - 1);
                });
    }

    @Test
    void shouldRefuseFilesOfAnyOtherLength() throws IOException {
        for (Path path : files()) {
            byte[] whole = TestLayers.fileContent(space, path);
            int step = path.endsWith("pages") ? 61 : 1;
            for (int length = 0; length < whole.length; length += step) {
                checkLength(path, whole, length);
            }
            checkLength(path, whole, whole.length - 1);
            checkLength(path, whole, whole.length + 1);
            replace(path, whole, whole.length);
        }
        assertThat(TestLayers.readAll(openChain())).isEqualTo(disk.range(0, (int) disk.size));
    }

    private void checkLength(Path path, byte[] whole, int length) throws IOException {
        replace(path, whole, length);
        if (!path.endsWith("chunks")) {
            assertThatThrownBy(() -> openChain().close()).as("%s cut to %d", path, length)
                    .isInstanceOf(CorruptDataException.class);
        }
        assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id)).as("%s cut to %d", path, length)
                .isNotEmpty();
    }

    @Test
    void shouldReportFilesThatAreMissing() throws IOException {
        for (Path path : files()) {
            byte[] whole = TestLayers.fileContent(space, path);
            space.delete(path);
            if (!path.endsWith("chunks")) {
                assertThatThrownBy(this::openChain).isInstanceOf(NoSuchFileException.class);
            }
            assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id))
                    .contains(new Damage(path.toString(), 0, 0, "it is missing"));
            space.open(path, OpenMode.CREATE_NEW).close();
            replace(path, whole, whole.length);
        }
        assertThat(space.openCount()).isZero();
    }

    @Test
    void shouldReadTheOtherPagesOfADamagedBlob() throws IOException {
        Path pages = files().get(2);
        try (BlockFile file = space.open(pages, OpenMode.READ_WRITE)) {
            flip(file, Pages.PAGE_SIZE + 17, 1);
        }
        try (Chain chain = openChain()) {
            UnsafeBuffer buffer = Buffers.alignedDirect(60_000);
            chain.read(0, buffer, 0, 3 * Pages.PAGE_SIZE);
            chain.read(Pages.offset(14), buffer, 0, 100);
            assertThatThrownBy(() -> chain.read(Pages.offset(3) + 5, buffer, 0, 1))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining(pages.toString()).hasMessageContaining("page 1")
                    .hasMessageContaining(manifest.blobs().get(0).id());
        }
        assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id))
                .containsExactly(new Damage(pages.toString(), 4096, 4096, "its checksum is wrong"));
    }

    @Test
    void shouldTellANewerFormatFromDamage() throws IOException {
        for (Path path : List.of(files().get(1), files().get(3))) {
            byte[] whole = TestLayers.fileContent(space, path);
            UnsafeBuffer header = Buffers.alignedDirect(128);
            header.putBytes(0, whole, 0, 128);
            header.putInt(8, 2, LITTLE_ENDIAN);
            header.putInt(124, Crc32c.of(header, 0, 124), LITTLE_ENDIAN);
            try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
                file.write(0, header, 0, 128);
            }
            assertThatThrownBy(this::openChain).isInstanceOf(FormatVersionException.class)
                    .hasMessageContaining(path.toString()).hasMessageContaining("version 2");
            replace(path, whole, whole.length);
        }
    }

    @Test
    void shouldTellANewerManifestFromDamage() throws IOException {
        byte[] content = new String(manifest.toJson(), StandardCharsets.UTF_8)
                .replace("\"version\":1", "\"version\":2,\"more\":true").getBytes(StandardCharsets.UTF_8);
        LayerId newer = new LayerId(Sha256.hex(content));
        Path path = LayerFiles.manifest(TestLayers.LAYERS, newer);
        space.open(path, OpenMode.CREATE_NEW).close();
        replace(path, content, content.length);

        assertThatThrownBy(() -> LayerManifest.read(space, TestLayers.LAYERS, newer))
                .isInstanceOf(FormatVersionException.class).hasMessageContaining("version 2");
    }

    @Test
    void shouldRefuseManifestsThatVarveDoesNotWrite() throws IOException {
        String right = new String(manifest.toJson(), StandardCharsets.UTF_8);
        List<String> wrong = List.of("", "{", "null", "[]", "{}", right + " ", right.replace(",", ", "),
                right.replace("{\"format\"", "{\"x\":1,\"format\""), right.replace("varve-layer", "varve-store"),
                right.replace("\"size\":60000", "\"size\":60000,\"size\":60000"),
                right.replace("\"size\":60000", "\"size\":-1"), right.replace("\"size\":60000", "\"size\":6e4"),
                right.replace("\"size\":60000", "\"size\":99999999999999999"),
                right.replace("\"size\":60000", "\"size\":\"60000\""), right.replace("\"size\":60000", "\"size\":{}"),
                right.replace("\"pages\":3", "\"pages\":0"), right.replace("\"version\":1", "\"version\":\"1\""),
                right.replace("\"version\":1,", ""), right.replace("\"pages\":3", "\"pages\":68719476737"),
                right.replace("\"blobs\":[", "\"blobs\":[[],"), right.replace("\"blobs\":[", "\"blobs\":[null,"),
                right.replace("\"extents\":3", "\"extents\":67108865"),
                right.replace(manifest.mapId(), manifest.mapId().toUpperCase(Locale.ROOT)),
                "[".repeat(100_000), right.replace("\"size\":60000", "\"size\":" + "9".repeat(500)));
        assertThat(LayerManifest.parse("right", right.getBytes(StandardCharsets.UTF_8))).isEqualTo(manifest);
        for (String text : wrong) {
            assertThat(text).isNotEqualTo(right);
            assertThatThrownBy(() -> LayerManifest.parse("m", text.getBytes(StandardCharsets.UTF_8))).as(text)
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    private Chain openChain() throws IOException {
        return TestLayers.open(space, TestLayers.LAYERS, disk, base, id);
    }

    private void flip(BlockFile file, int position, int bits) throws IOException {
        file.read(position, scratch, 0, 1);
        scratch.putByte(0, (byte) (scratch.getByte(0) ^ bits));
        file.write(position, scratch, 0, 1);
    }

    private void replace(Path path, byte[] content, int length) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(content.length);
        buffer.putBytes(0, content);
        try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
            file.truncate(0);
            file.write(0, buffer, 0, Math.min(length, content.length));
            file.truncate(length);
        }
    }
}
