package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of version 1 of a store's own files. Checksums are from another implementation. */
class StoreFormatTest {

    private static final Path ROOT = Path.of("/store");
    private static final LayerId BASE = new LayerId("ab".repeat(32));
    private static final LayerId PATCH = new LayerId("cd".repeat(32));
    private static final ImageName WIN = ImageName.parse("lab/win:v1");

    private static final String IDENTITY = """
            {
              "format" : "varve-store",
              "version" : 1,
              "id" : "00112233-4455-6677-8899-aabbccddeeff",
              "features" : [ ],
              "crc32c" : "57f73acd"
            }
            """;
    private static final String IMAGE = """
            {
              "format" : "varve-image",
              "version" : 1,
              "image" : "lab/win:v1",
              "size" : 20992,
              "layers" : [ "%s", "%s" ],
              "created" : "2026-01-02T03:04:05.006Z",
              "source" : "win.raw",
              "parent" : "lab/win:v0",
              "crc32c" : "d509084d"
            }
            """.formatted(BASE, PATCH);
    private static final String REPLACEMENT = """
            {
              "format" : "varve-replacement",
              "version" : 1,
              "from" : [ "%s", "%s" ],
              "to" : [ "%s" ],
              "crc32c" : "7bcb5217"
            }
            """.formatted(BASE, PATCH, "ef".repeat(32));
    private static final String REPLACEMENT_NAME =
            "dcd7d37b4a82f5161c1ad6968b78c29b905c3af1fd251401ab26d45b6a9c9977.json";

    private final SimFileSpace space = new SimFileSpace();
    private final SmallFiles files = new SmallFiles(space);
    private final StoreLayout layout = new StoreLayout(ROOT);

    @BeforeEach
    void create() throws IOException {
        space.createDirectories(ROOT);
        Store.openOrCreate(space, ROOT);
    }

    private String text(Path file) throws IOException {
        return new String(files.read(file, 1 << 20), StandardCharsets.UTF_8);
    }

    private void write(Path file, String text) throws IOException {
        space.createDirectories(file.getParent());
        files.replace(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldWriteTheIdentityOfAStore() throws IOException {
        UUID id = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        new StoreIdentity(id).write(files, layout.identity());
        assertThat(text(layout.identity())).isEqualTo(IDENTITY);
        assertThat(StoreIdentity.read(files, layout.identity())).isEqualTo(new StoreIdentity(id));
    }

    @Test
    void shouldWriteTheManifestOfAnImage() throws IOException {
        ImageManifest manifest = new ImageManifest(
                20_992, List.of(BASE, PATCH), Instant.parse("2026-01-02T03:04:05.006789Z"), "win.raw", "lab/win:v0");
        Store store = Store.open(space, ROOT);
        store.publish(WIN, manifest);
        assertThat(text(ROOT.resolve("images/lab%2Fwin/v1.json"))).isEqualTo(IMAGE);
        assertThat(store.image(WIN)).isEqualTo(manifest);
    }

    @Test
    void shouldWriteAReplacement() throws IOException {
        Replacement replacement = new Replacement(List.of(BASE, PATCH), List.of(new LayerId("ef".repeat(32))));
        assertThat(new String(replacement.toJson(), StandardCharsets.UTF_8)).isEqualTo(REPLACEMENT);
        Path file = ROOT.resolve("replaced").resolve(REPLACEMENT_NAME);
        assertThat(layout.replaced().resolve(replacement.fileName())).isEqualTo(file);
        assertThat(Replacement.parse(file, bytes(REPLACEMENT))).isEqualTo(replacement);
    }

    @Test
    void shouldPutFilesWhereTheFormatSays() {
        ExportName alice = ExportName.parse("lab/win:v1@00:11:22");
        assertThat(layout.manifest(WIN)).isEqualTo(ROOT.resolve("images/lab%2Fwin/v1.json"));
        assertThat(layout.sequence(ImageName.parse("win"))).isEqualTo(ROOT.resolve("images/win/latest.seq"));
        assertThat(layout.overlay(alice)).isEqualTo(ROOT.resolve("overlays/lab%2Fwin/v1/00%3A11%3A22"));
        assertThat(layout.identity()).isEqualTo(ROOT.resolve("varve.json"));
        assertThat(layout.directories()).extracting(Path::toString).contains("/store/layers", "/store/blobs",
                "/store/images", "/store/overlays", "/store/ephemeral", "/store/tmp");
        assertThat(space.list(ROOT)).extracting(file -> file.getFileName().toString()).contains("varve.json",
                "catalogue.lock", "writers.lock", "daemon.lock");
    }

    /** Whoever edits a file by hand takes the checksum out; files without the image's name were written too. */
    @Test
    void shouldReadFilesWithoutChecksumAndName() throws IOException {
        String plain = IMAGE.replace(",\n  \"crc32c\" : \"d509084d\"", "")
                .replace("  \"image\" : \"lab/win:v1\",\n", "");
        assertThat(ImageManifest.parse("file", WIN, bytes(plain)).chain()).containsExactly(BASE, PATCH);
        assertThat(ImageManifest.parse("file", WIN, bytes(plain.replace("20992", "20993"))).size()).isEqualTo(20_993);
        assertThatThrownBy(() -> ImageManifest.parse("file", WIN, bytes(IMAGE.replace("20992", "20993"))))
                .isInstanceOf(CorruptDataException.class).hasMessageContaining("checksum is wrong");
        assertThatThrownBy(() -> ImageManifest.parse("file", WIN, bytes(plain + "{}")))
                .isInstanceOf(CorruptDataException.class).hasMessageContaining("follows its end");
    }

    private static byte[] ofVersion(int version, String format) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", format);
        fields.put("version", version);
        fields.put("what-later-versions-have", true);
        return JsonDocument.compose(fields);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 1_000_000})
    void shouldTellOldAndNewFilesFromDamage(int version) throws IOException {
        String advice = version == 0 ? "convert it with an older varve first" : "use a newer varve";
        assertThatThrownBy(() -> ImageManifest.parse("some.json", WIN, ofVersion(version, "varve-image")))
                .isInstanceOf(FormatVersionException.class).hasMessageContaining("some.json")
                .hasMessageContaining("version " + version).hasMessageContaining(advice);
        assertThatThrownBy(() -> Replacement.parse(Path.of("some.json"), ofVersion(version, "varve-replacement")))
                .isInstanceOf(FormatVersionException.class).hasMessageContaining(advice);
        files.replace(layout.identity(), ofVersion(version, "varve-store"));
        assertThatThrownBy(() -> Store.open(space, ROOT)).isInstanceOf(StoreException.class)
                .hasMessageContaining("store of another version").hasMessageContaining("varve.json")
                .hasMessageContaining(advice).hasMessageNotContaining("\n");
    }

    @Test
    void shouldRefuseAStoreWithAFeatureThatItDoesNotHave() throws IOException {
        write(layout.identity(), IDENTITY.replace("[ ]", "[ \"encrypted-blobs\" ]")
                .replace(",\n  \"crc32c\" : \"57f73acd\"", ""));
        for (boolean create : new boolean[] {false, true}) {
            assertThatThrownBy(() -> {
                if (create) {
                    Store.openOrCreate(space, ROOT);
                } else {
                    Store.open(space, ROOT);
                }
            }).isInstanceOf(StoreException.class).hasMessageContaining("varve.json needs 'encrypted-blobs'")
                    .hasMessageContaining("use a newer varve").hasMessageNotContaining("\n");
        }
    }

    @Test
    void shouldNameThePlaceOfDamage() {
        assertCorruptAt(IMAGE.replace("\"layers\"", "\"lawers\""), IMAGE.indexOf("\"crc32c\""));
        String plain = IMAGE.replace(",\n  \"crc32c\" : \"d509084d\"", "");
        assertCorruptAt(plain.replace("\"source\"", "\"saurce\""), IMAGE.indexOf("\"source\""));
        assertCorruptAt(plain.replace("20992", "-5"), IMAGE.indexOf("\"size\""));
        assertCorruptAt(plain.replace("cdcd", "CDCD"), IMAGE.indexOf("\"layers\""));
        assertCorruptAt(plain.replace("2026-01-02", "2026-13-02"), IMAGE.indexOf("\"created\""));
        assertCorruptAt(plain.replace("lab/win:v1", "lab/win:v2"), IMAGE.indexOf("\"image\""));
        assertCorruptAt(plain.replace("varve-image", "varve-store"), IMAGE.indexOf("\"format\""));
    }

    private static void assertCorruptAt(String text, int position) {
        assertThatThrownBy(() -> ImageManifest.parse("some.json", WIN, bytes(text)))
                .isInstanceOfSatisfying(CorruptDataException.class, e -> {
                    assertThat(e.fileName()).isEqualTo("some.json");
                    assertThat(e.position()).as(e.getMessage()).isEqualTo(position);
                });
    }

    @Test
    void shouldRefuseTheManifestOfAnotherImage() throws IOException {
        Store store = Store.open(space, ROOT);
        ImageManifest manifest = new ImageManifest(8192, List.of(BASE), Instant.EPOCH, "x", null);
        store.publish(WIN, manifest);
        store.publish(ImageName.parse("mac"), manifest);
        Path mac = layout.manifest(ImageName.parse("mac"));
        write(mac, text(layout.manifest(WIN)));
        assertThatThrownBy(() -> store.image(ImageName.parse("mac"))).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining(mac.toString()).hasMessageContaining("image 'lab/win:v1', not of mac");
        assertThat(store.image(WIN)).isEqualTo(manifest);
    }

    @Test
    void shouldAllocateNothingForWhatAFileClaims() throws IOException {
        Path file = layout.manifest(WIN);
        space.createDirectories(file.getParent());
        space.open(file, OpenMode.CREATE_NEW).close();
        try (var open = space.open(file, OpenMode.READ_WRITE)) {
            open.truncate(1L << 50);
        }
        assertThatThrownBy(() -> Store.open(space, ROOT).image(WIN)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining(file.toString());
        try (var open = space.open(layout.identity(), OpenMode.READ_WRITE)) {
            open.truncate(1L << 50);
        }
        assertThatThrownBy(() -> Store.open(space, ROOT)).isInstanceOf(CorruptDataException.class);
    }
}
