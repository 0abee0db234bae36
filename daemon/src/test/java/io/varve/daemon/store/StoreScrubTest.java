package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Damage;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.PageRange;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two versions of one disk, another disk, and what can happen to their files. */
class StoreScrubTest {

    private static final int PAGE = ScrubbedStore.PAGE;

    @TempDir
    Path temporary;

    private ScrubbedStore house;
    private Store store;
    private LayerId base;
    private LayerId patch;
    private LayerId other;

    @BeforeEach
    void fill() throws IOException {
        house = new ScrubbedStore(temporary.resolve("store"));
        store = house.store;
        base = house.seal(ScrubbedStore.disk(1));
        byte[] second = ScrubbedStore.disk(1);
        Arrays.fill(second, 40 * PAGE, 42 * PAGE, (byte) 9);
        patch = house.seal(second, base);
        other = house.seal(ScrubbedStore.disk(2));
        house.publish("win", base);
        house.publish("win:v2", base, patch);
        house.publish("mac", other);
    }

    @AfterEach
    void close() {
        house.close();
    }

    private List<Finding> findings() throws IOException {
        return house.scrub().findings();
    }

    private Finding only() throws IOException {
        List<Finding> findings = findings();
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    @Test
    void shouldFindNothingWrongAndChangeNothing() throws Exception {
        house.overlay("win@alice");
        Map<String, String> before = house.everything();

        StoreScrub.Result result = house.scrub();

        assertThat(result).isEqualTo(new StoreScrub.Result(List.of(), List.of(), 3, 3, 1));
        assertThat(house.everything()).isEqualTo(before);
    }

    @Test
    void shouldNameEveryUserLayerFileAndPageOfAFlippedBit() throws Exception {
        house.overlay("win@alice");
        Path pages = house.blob(base, "pages");
        ScrubbedStore.flip(pages, 15 * PAGE + 7);
        ScrubbedStore.flip(pages, 16 * PAGE);

        Finding finding = only();

        assertThat(finding.users()).containsExactly("win", "win:v2", "win@alice");
        assertThat(finding.layers()).containsExactly(base);
        assertThat(finding.damage())
                .isEqualTo(new Damage(pages.toString(), 15 * PAGE, 2 * PAGE, "its checksum is wrong"));
        assertThat(finding.blobPages()).isEqualTo(new PageRange(15, 2));
        assertThat(finding.diskPages()).containsExactly(new PageRange(25, 2));
        assertThat(finding.line()).isEqualTo("win, win:v2, win@alice: layer " + base.abbreviated() + ": " + pages
                + ": bytes 61440 to 69631: its checksum is wrong (pages 15 to 16 of the blob, "
                + "pages 25 to 26 of the disk)");
    }

    @Test
    void shouldNameAllLayersOfASharedBlob() throws Exception {
        byte[] moved = new byte[ScrubbedStore.SIZE];
        System.arraycopy(ScrubbedStore.disk(2), 20 * PAGE, moved, 0, 40 * PAGE);
        byte[] here = new byte[ScrubbedStore.SIZE];
        System.arraycopy(ScrubbedStore.disk(2), 20 * PAGE, here, 7 * PAGE, 40 * PAGE);
        LayerId one = house.seal(moved);
        LayerId two = house.seal(here);
        house.publish("one", one);
        house.publish("two", two);
        assertThat(house.blob(one, "pages")).isEqualTo(house.blob(two, "pages"));
        ScrubbedStore.flip(house.blob(one, "pages"), 3 * PAGE);

        Finding finding = only();

        assertThat(finding.users()).containsExactly("one", "two");
        assertThat(finding.layers()).containsExactlyInAnyOrder(one, two);
        assertThat(finding.diskPages()).containsExactlyInAnyOrder(new PageRange(3, 1), new PageRange(10, 1));
    }

    @Test
    void shouldSayWhoNeedsAMissingFileAndLeaveOtherImagesAlone() throws Exception {
        Path layers = store.layout().layers();
        for (Path file : List.of(LayerFiles.manifest(layers, patch), house.map(patch), house.blob(patch, "pages"),
                house.blob(patch, "crc"), house.blob(patch, "chunks"))) {
            byte[] content = Files.readAllBytes(file);
            Files.delete(file);

            Finding finding = only();

            assertThat(finding.line()).startsWith("win:v2: layer " + patch.abbreviated()).contains(file.toString())
                    .contains("it is missing");
            assertThat(house.content(base)).isEqualTo(ScrubbedStore.disk(1));
            assertThat(house.content(other)).isEqualTo(ScrubbedStore.disk(2));
            StoreScrub scrub = new StoreScrub(store, (done, total) -> {});
            scrub.addImage(ImageName.parse("mac"));
            assertThat(scrub.run().findings()).isEmpty();
            Files.write(file, content);
        }
        assertThat(findings()).isEmpty();
    }

    @Test
    void shouldFindADamagedImageManifestOrSequence() throws Exception {
        Path manifest = store.layout().manifest(ImageName.parse("win:v2"));
        byte[] content = Files.readAllBytes(manifest);
        Files.write(manifest, Arrays.copyOf(content, content.length / 2));
        assertThat(only().line()).startsWith("win:v2: " + manifest);
        Files.write(manifest, content);

        Path sequence = store.layout().sequence(ImageName.parse("mac"));
        Files.write(sequence, new byte[100]);
        assertThat(only().line()).startsWith("mac: " + sequence).contains("no boot profile");
    }

    @Test
    void shouldFindDamageInEveryFileOfAnOverlay() throws Exception {
        Path overlay = house.overlay("win@alice");
        for (String name : List.of("meta", "map0", "map1")) {
            ScrubbedStore.flip(overlay.resolve(name), 40);
            assertThat(only().line()).as(name).startsWith("win@alice: " + overlay.resolve(name) + ": byte");
            ScrubbedStore.flip(overlay.resolve(name), 40);
        }
        for (String name : List.of("data", "map0", "map1")) {
            Path file = overlay.resolve(name);
            Files.move(file, temporary.resolve("away"));
            assertThat(only().line()).isEqualTo("win@alice: " + file + ": it is missing");
            Files.move(temporary.resolve("away"), file);
        }
        byte[] data = Files.readAllBytes(overlay.resolve("data"));
        Files.write(overlay.resolve("data"), Arrays.copyOf(data, 5 * PAGE));
        assertThat(only().damage()).isEqualTo(new Damage(overlay.resolve("data").toString(), 5 * PAGE,
                ScrubbedStore.SIZE - 5 * PAGE, "these bytes are missing"));
        Files.write(overlay.resolve("data"), data);
        Files.createFile(overlay.resolve("failed"));
        assertThat(only().line()).contains("a write or a sync failed");
    }

    @Test
    void shouldFindAnOverlayInThePlaceOfAnother() throws Exception {
        Path alice = house.overlay("win@alice");
        Path bob = house.overlay("win@bob");
        Files.move(alice, temporary.resolve("away"));
        Files.move(bob, alice);
        Files.move(temporary.resolve("away"), bob);

        assertThat(findings()).extracting(Finding::line)
                .anySatisfy(line -> assertThat(line).startsWith("win@alice").contains("it is the overlay win@bob"))
                .anySatisfy(line -> assertThat(line).startsWith("win@bob").contains("it is the overlay win@alice"))
                .hasSize(2);
    }

    @Test
    void shouldCheckAnOverlayInUseAsFarAsItCan() throws Exception {
        Export export = house.open("win@alice");
        house.write(export, 3, 4);
        house.flush(export);
        house.write(export, 20, 4);

        StoreScrub.Result result = house.scrub();

        assertThat(result.findings()).isEmpty();
        assertThat(result.notes()).singleElement().asString().startsWith("win@alice: in use");
        Path meta = store.layout().overlay(ExportName.parse("win@alice")).resolve("meta");
        Files.write(meta, Arrays.copyOf(Files.readAllBytes(meta), 12_300));
        assertThat(only().line()).startsWith("win@alice: " + meta);
        house.close(export);
    }

    /** Whole, with right checksums, and made by somebody who wants to see what happens. */
    @Test
    void shouldRefuseAnOverlayThatStandsOnWhatIsNoLayer() throws Exception {
        ExportName mallory = ExportName.parse("win@mallory");
        OverlayMeta meta = new OverlayMeta(new UUID(5, 5), "win", "latest", List.of("../../x"), ScrubbedStore.SIZE,
                "mallory", 0);
        try (Workers workers = new Workers(1)) {
            Overlay.openPersistent(
                    store.space(), store.layout().overlay(mallory), meta, workers, new ClosedOverlays())
                    .abandon(() -> { });
        }
        assertThat(only().line()).startsWith("win@mallory").contains("are not ids of layers");
        assertThatThrownBy(() -> store.commit(mallory, ImageName.parse("evil")))
                .isInstanceOf(CorruptDataException.class).hasMessageContaining("not ids of layers");
        assertThatThrownBy(() -> house.open("win@mallory")).isInstanceOf(ExportException.class)
                .hasMessageContaining("mallory");
        assertThat(store.overlays()).hasSize(1);
    }

    @Test
    void shouldPassOverAnOverlayThatWasNeverFinished() throws Exception {
        Path overlay = store.layout().overlay(ExportName.parse("win@alice"));
        Files.createDirectories(overlay);
        Files.createFile(overlay.resolve("meta"));
        StoreScrub.Result result = house.scrub();
        assertThat(result.findings()).isEmpty();
        assertThat(result.notes()).singleElement().asString().contains("cut short");
    }

    @Test
    void shouldNotMissWhatWasRemovedMeanwhile() throws Exception {
        house.overlay("mac@alice");
        StoreScrub scrub = new StoreScrub(store, (done, total) -> {});
        scrub.addEverything();
        store.remove(ImageName.parse("win:v2"));
        store.reset(ExportName.parse("mac@alice"));
        assertThat(scrub.run().findings()).isEmpty();

        StoreScrub late = new StoreScrub(store, (done, total) -> removeQuietly("mac"));
        late.addEverything();
        assertThat(late.run().findings()).isEmpty();
        assertThat(store.images()).containsExactly(ImageName.parse("win"));
    }

    private void removeQuietly(String image) {
        try {
            if (store.contains(ImageName.parse(image))) {
                store.remove(ImageName.parse(image));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Layers do not name their parents, so one layer may stand over another layer and over itself. */
    @Test
    void shouldReadAChainThatRepeatsItself() throws Exception {
        LayerId back = house.seal(ScrubbedStore.disk(1));
        assertThat(back).isEqualTo(base);
        house.publish("again", base, patch, base, base);
        assertThat(house.content(base, patch, base, base)).isEqualTo(ScrubbedStore.disk(1));
        assertThat(findings()).isEmpty();
    }

    @Test
    void shouldCheckFrozenLayersAndWhatTookThePlaceOfLayers() throws Exception {
        house.overlay("win@alice");
        store.snapshot(ExportName.parse("win@alice"), ImageName.parse("win:frozen"));
        LayerId frozen = store.image(ImageName.parse("win:frozen")).chain().get(1);
        Path directory = store.layout().frozen(frozen);
        assertThat(findings()).isEmpty();
        Path data = directory.resolve("data");
        byte[] content = Files.readAllBytes(data);
        Files.write(data, Arrays.copyOf(content, 7 * PAGE));

        Finding finding = only();

        assertThat(finding.users()).containsExactly("win:frozen", "win@alice");
        assertThat(finding.layers()).containsExactly(frozen);
        assertThat(finding.damage().file()).isEqualTo(data.toString());
        assertThat(finding.damage().position()).isEqualTo(7 * PAGE);
        Files.write(data, content);

        LayerId merged = house.seal(house.content(base, patch));
        store.replace(List.of(base, patch), List.of(merged));
        assertThat(house.scrub()).isEqualTo(new StoreScrub.Result(List.of(), List.of(), 4, 4, 1));
        Path replaced = store.space().list(store.layout().replaced()).get(0);
        ScrubbedStore.flip(replaced, 100);
        assertThat(findings()).allSatisfy(damage -> assertThat(damage.line()).contains(replaced.toString()))
                .anySatisfy(damage -> assertThat(damage.users()).containsExactly("win:v2"));
    }

    @Test
    void shouldRefuseAnImageThatIsNotThere() throws IOException {
        StoreScrub scrub = new StoreScrub(store, (done, total) -> {});
        assertThatThrownBy(() -> scrub.addImage(ImageName.parse("linux"))).isInstanceOf(StoreException.class)
                .hasMessageContaining("image linux");
    }
}
