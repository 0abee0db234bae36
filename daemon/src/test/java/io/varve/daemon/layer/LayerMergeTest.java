package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerMerge.Below;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerMergeTest {

    private static final Path LAYERS = TestLayers.LAYERS;
    private static final Path TMP = LAYERS.resolveSibling("tmp");

    private final SimFileSpace space = space();
    private final List<LayerId> chain = new ArrayList<>();
    private TestDisk disk;

    private static SimFileSpace space() {
        SimFileSpace space = new SimFileSpace();
        try {
            for (String name : List.of("layers", "blobs", "tmp")) {
                space.createDirectories(LAYERS.resolveSibling(name));
            }
            space.syncDirectory(Path.of("/"));
            space.syncDirectory(LAYERS.getParent());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return space;
    }

    /** Random changes, each a layer; the disk grows and shrinks on the way. */
    private void build(Random random, int layerCount) throws IOException {
        disk = TestDisk.empty(400_000).changed(random, 400_000);
        for (int i = 0; i < layerCount; i++) {
            long size = 300_000 + random.nextInt(200_000);
            disk = i == 0 ? disk : disk.changed(random, size);
            try (Chain parent = Chain.open(space, LAYERS, chain, disk.size)) {
                chain.add(TestLayers.seal(space, LAYERS, disk, parent, random));
            }
        }
    }

    private byte[] content(List<LayerId> layers, long size) throws IOException {
        try (Chain open = Chain.open(space, LAYERS, layers, size)) {
            return TestLayers.readAll(open);
        }
    }

    private static List<LayerId> concat(List<LayerId> below, LayerId... above) {
        List<LayerId> all = new ArrayList<>(below);
        all.addAll(List.of(above));
        return all;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldReadTheSameOnADiskOfAnySize(long seed) throws IOException {
        build(new Random(seed), 6);
        for (int count = 1; count <= chain.size(); count++) {
            List<LayerId> rest = chain.subList(0, chain.size() - count);
            List<LayerId> top = chain.subList(chain.size() - count, chain.size());
            int blobCount = space.list(LAYERS.resolveSibling("blobs")).size();

            LayerId merged = LayerMerge.merge(space, LAYERS, top, rest.isEmpty() ? Below.NOTHING : Below.LAYERS);

            for (long size : new long[] {disk.size, 4096, 250_001, 520_000}) {
                assertThat(content(concat(rest, merged), size)).as("seed %d, %d layers at %d", seed, count, size)
                        .isEqualTo(content(chain, size));
            }
            assertThat(space.list(LAYERS.resolveSibling("blobs"))).hasSize(blobCount);
            assertThat(new Scrub(space, LAYERS, bytes -> {}).check(merged)).isEmpty();
        }
        assertThat(content(chain, disk.size)).isEqualTo(disk.range(0, (int) disk.size));
        assertThat(space.list(TMP)).isEmpty();
    }

    @Test
    void shouldMergeMoreLayersThanOneLookTakesIn() throws IOException {
        build(new Random(6), 35);
        LayerId merged = LayerMerge.merge(space, LAYERS, chain, Below.NOTHING);
        assertThat(content(List.of(merged), 520_000)).isEqualTo(content(chain, 520_000));
        LayerId top = LayerMerge.merge(space, LAYERS, chain.subList(3, 35), Below.LAYERS);
        assertThat(content(concat(chain.subList(0, 3), top), disk.size)).isEqualTo(content(chain, disk.size));
    }

    @Test
    void shouldKeepZerosOnlyWhereSomethingIsBelow() throws IOException {
        build(new Random(7), 4);

        LayerId above = LayerMerge.merge(space, LAYERS, chain.subList(1, 4), Below.LAYERS);
        LayerId base = LayerMerge.merge(space, LAYERS, chain, Below.NOTHING);

        assertThat(LayerManifest.read(space, LAYERS, above).zeroPageCount()).isPositive();
        assertThat(LayerManifest.read(space, LAYERS, base).zeroPageCount()).isZero();
    }

    @Test
    void shouldListOnlyBlobsThatAreStillSeen() throws IOException {
        TestDisk first = TestDisk.empty(40_960);
        first.fill(3, 1);
        TestDisk second = TestDisk.empty(40_960);
        second.fill(3, 2);
        LayerId base = TestLayers.seal(space, LAYERS, first, null, new Random(1));
        LayerId top = TestLayers.seal(space, LAYERS, second, null, new Random(1));

        LayerId merged = LayerMerge.merge(space, LAYERS, List.of(base, top), Below.NOTHING);

        assertThat(merged).isEqualTo(top);
    }

    @Test
    void shouldTellHowMuchOfItsBlobsALayerShows() throws IOException {
        TestDisk first = TestDisk.empty(40_960);
        for (int page = 0; page < 10; page++) {
            first.fill(page, page + 1);
        }
        TestDisk second = TestDisk.empty(40_960);
        second.bytes.putBytes(0, first.bytes, 0, 40_960);
        for (int page = 0; page < 6; page++) {
            second.fill(page, page + 100);
        }
        LayerId base = TestLayers.seal(space, LAYERS, first, null, new Random(1));
        LayerId top;
        try (Chain parent = TestLayers.open(space, LAYERS, first, base)) {
            top = TestLayers.seal(space, LAYERS, second, parent, new Random(1));
        }

        LayerId merged = LayerMerge.merge(space, LAYERS, List.of(base, top), Below.NOTHING);

        assertThat(LayerUse.of(space, LAYERS, base)).isEqualTo(new LayerUse(10, 10, 1, Set.of()));
        assertThat(LayerUse.of(space, LAYERS, base).dense()).isTrue();
        String wasteful = LayerManifest.read(space, LAYERS, base).blobs().get(0).id();
        assertThat(LayerUse.of(space, LAYERS, merged)).isEqualTo(new LayerUse(10, 16, 2, Set.of(wasteful)));
        assertThat(LayerUse.of(space, LAYERS, merged).sparse()).isTrue();
        assertThat(LayerUse.of(space, LAYERS, merged).dense()).isFalse();
    }

    /** Layers whose blobs nobody looks at, because merging does not. */
    private LayerId layer(int firstBlob, int blobCount) throws IOException {
        Path directory = TMP.resolve("many");
        LayerWork work = LayerWork.create(space, directory);
        MapWriter map = new MapWriter(work.map, null);
        List<BlobRef> blobs = new ArrayList<>();
        for (int i = 0; i < blobCount; i++) {
            blobs.add(new BlobRef(String.format("%064x", firstBlob + i), 1));
            map.data(firstBlob + i, 1, i, 0);
        }
        LayerId id = new LayerSeal(space, LAYERS, work).publish(5000L * 4096, map, blobs);
        work.close();
        work.delete();
        return id;
    }

    @Test
    void shouldRefuseMoreBlobsThanALayerCanList() throws IOException {
        List<LayerId> layers = List.of(layer(0, 4096), layer(4095, 1));
        LayerId merged = LayerMerge.merge(space, LAYERS, layers, Below.NOTHING);
        assertThat(LayerManifest.read(space, LAYERS, merged).blobs()).hasSize(4096);

        List<LayerId> more = List.of(layers.get(0), layer(4096, 1));
        assertThatThrownBy(() -> LayerMerge.merge(space, LAYERS, more, Below.NOTHING))
                .isInstanceOf(LayerLimitException.class).hasMessageContaining("4096 blobs");
        assertThat(space.list(TMP)).isEmpty();
    }

    @Test
    void shouldSayWhatIsMissingOrDamaged() throws IOException {
        build(new Random(8), 3);
        assertThatThrownBy(() -> LayerMerge.merge(space, LAYERS, concat(chain, new LayerId("ab".repeat(32))),
                Below.NOTHING)).isInstanceOf(NoSuchFileException.class).hasMessageContaining("abab");
        Path map = LayerFiles.map(LAYERS, LayerManifest.read(space, LAYERS, chain.get(1)).mapId());
        try (var file = space.open(map, OpenMode.READ_WRITE)) {
            file.truncate(file.size() - 1);
        }
        assertThatThrownBy(() -> LayerMerge.merge(space, LAYERS, chain, Below.NOTHING))
                .isInstanceOf(CorruptDataException.class).hasMessageContaining(map.toString());
    }

    /** Power cut before each call; the disk loses all, nothing, or any part of what was not synced. */
    @Test
    void shouldLeaveAWholeLayerOrNoneWheneverThePowerGoes() throws IOException {
        build(new Random(9), 4);
        byte[] expected = content(chain, disk.size);
        SimFileSpace undisturbed = space.fork();
        LayerId id = LayerMerge.merge(undisturbed, LAYERS, chain, Below.NOTHING);
        long callCount = undisturbed.callCount();
        int whole = 0;
        for (long at = 0; at < callCount; at++) {
            SimFileSpace cut = space.fork();
            long crashAt = at;
            cut.hook(call -> {
                if (call.index() == crashAt) {
                    throw new SimCrash("before call " + crashAt);
                }
            });
            try {
                LayerMerge.merge(cut, LAYERS, chain, Below.NOTHING);
            } catch (SimCrash e) {
                for (int choice = 0; choice < 6; choice++) {
                    Chooser chooser = choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                            : Chooser.random(new Random(100 * at + choice));
                    SimFileSpace after = cut.crash(chooser);
                    String what = "crash at " + at + ", choice " + choice;
                    if (after.exists(LayerFiles.manifest(LAYERS, id))) {
                        assertThat(new Scrub(after, LAYERS, bytes -> {}).check(id)).as(what).isEmpty();
                        whole++;
                    }
                    assertThat(LayerMerge.merge(after, LAYERS, chain, Below.NOTHING)).as(what).isEqualTo(id);
                    try (Chain merged = Chain.open(after, LAYERS, List.of(id), disk.size)) {
                        assertThat(TestLayers.readAll(merged)).as(what).isEqualTo(expected);
                    }
                }
            }
        }
        assertThat(whole).as("crashes after which the layer was there").isPositive();
    }
}
