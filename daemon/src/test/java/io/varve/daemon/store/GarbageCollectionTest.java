package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GarbageCollectionTest {

    private static final int SIZE = 40 * 4096 - 1000;
    private static final Duration DAY = Duration.ofHours(24);
    private static final long T0 = 1_800_000_000_000L;
    private static final ImageName WIN = ImageName.parse("win");

    private static TestStore example(long seed) throws Exception {
        Random random = new Random(seed);
        TestStore made = TestStore.create();
        made.image("win:old", null, 2, SIZE, random);
        made.image("win", "win:old", 3, SIZE, random);
        made.image("win:child", "win", 1, SIZE + 9_000, random);
        made.image("other", null, 1, SIZE, random);
        made.overlay("win@alice");
        return made;
    }

    private static LayerMaintenance maintenance(TestStore made) {
        return new LayerMaintenance(made.store, 0, MaintenanceListener.NONE);
    }

    private static GarbageReport collect(TestStore made) throws IOException {
        return made.store.collectGarbage(Duration.ZERO, T0);
    }

    /** Everything below the root, but for what an earlier run noted. */
    private static TreeSet<String> files(TestStore made) throws IOException {
        TreeSet<String> files = new TreeSet<>();
        List<Path> open = new ArrayList<>(List.of(TestStore.ROOT));
        while (!open.isEmpty()) {
            Path path = open.remove(open.size() - 1);
            open.addAll(made.space.isDirectory(path) ? made.space.list(path) : List.of());
            files.add(path.toString());
        }
        files.remove("/store/unreachable.json");
        return files;
    }

    private static void assertClean(TestStore made, String what) throws IOException {
        made.check(what);
        StoreScrub scrub = new StoreScrub(made.store, (done, total) -> {});
        scrub.addEverything();
        assertThat(scrub.run().findings()).as(what).isEmpty();
    }

    @Test
    void shouldFreeTheLayersThatWereReplaced() throws Exception {
        TestStore made = example(1);
        List<LayerId> before = made.chain("win");
        assertThat(collect(made)).isEqualTo(new GarbageReport(0, 0, 0, 0, null));
        maintenance(made).flatten(WIN);
        int blobCount = made.blobCount();

        GarbageReport report = collect(made);

        assertThat(report.kept()).isNull();
        assertThat(report.freedLength()).isPositive();
        assertThat(made.blobCount()).as("two of win:old are still needed").isEqualTo(blobCount - 3);
        Path layers = made.store.layout().layers();
        assertThat(made.space.exists(LayerFiles.manifest(layers, before.get(1)))).isTrue();
        assertThat(made.space.exists(LayerFiles.manifest(layers, before.get(2)))).isFalse();
        assertClean(made, "after gc");
        assertThat(collect(made)).isEqualTo(new GarbageReport(0, 0, 0, 0, null));
    }

    @Test
    void shouldWaitForTheGracePeriodSinceAnEarlierRunFoundIt() throws Exception {
        TestStore made = example(2);
        maintenance(made).merge(WIN, 3);

        GarbageReport first = made.store.collectGarbage(DAY, T0);
        assertThat(first.freedCount()).isZero();
        assertThat(first.waitingCount()).isPositive();
        GarbageReport early = made.store.collectGarbage(DAY, T0 + DAY.toMillis() - 1);
        assertThat(early).isEqualTo(first);
        assertThat(made.store.planGarbageCollection(DAY).freedCount()).as("the clock runs").isZero();
        GarbageReport late = made.store.collectGarbage(DAY, T0 + DAY.toMillis());
        assertThat(late.freedCount()).isEqualTo(first.waitingCount());
        assertThat(late.freedLength()).isEqualTo(first.waitingLength());
        assertThat(late.waitingCount()).isZero();
        assertClean(made, "after gc");
    }

    @Test
    void shouldWaitAnewForWhatWasNeededInBetween() throws Exception {
        TestStore made = example(3);
        LayerId alone = made.seal(new byte[] {1}, List.of());
        made.store.collectGarbage(DAY, T0);
        made.publish("brief", new byte[] {1}, List.of(alone));
        assertThat(made.store.collectGarbage(DAY, T0 + 2 * DAY.toMillis()).freedCount()).isZero();
        made.contents.remove("brief");
        made.space.delete(made.store.layout().manifest(ImageName.parse("brief")));
        assertThat(made.store.collectGarbage(DAY, T0 + 3 * DAY.toMillis()).freedCount()).isZero();
        assertThat(made.store.collectGarbage(DAY, T0 + 4 * DAY.toMillis()).freedCount()).isPositive();
    }

    @Test
    void shouldBeginAnewWhereItsNotesAreDamaged() throws Exception {
        TestStore made = example(4);
        maintenance(made).merge(WIN, 3);
        made.store.collectGarbage(DAY, T0);
        for (String content : List.of("", "{", "{\"format\":\"varve-unreachable\",\"version\":9,\"found\":[]}",
                "{\"format\":\"varve-unreachable\",\"version\":1,\"found\":[\"x\"]}")) {
            new SmallFiles(made.space).replace(made.store.layout().unreachable(),
                    content.getBytes(StandardCharsets.UTF_8));
            assertThat(made.store.collectGarbage(DAY, T0 + 9 * DAY.toMillis()).freedCount()).as(content).isZero();
        }
    }

    @Test
    void shouldKeepWhatIsOpen() throws Exception {
        TestStore made = example(5);
        List<LayerId> before = made.chain("win");
        try (Chain open = made.store.openChain(before, SIZE)) {
            maintenance(made).flatten(WIN);
            collect(made);
            for (LayerId layer : before) {
                assertThat(made.store.layer(layer)).isNotNull();
            }
            assertThat(open.layers()).isEqualTo(before);
            assertClean(made, "while it is open");
        }
        assertThat(collect(made).freedLength()).isPositive();
        assertThatThrownBy(() -> made.store.layer(before.get(4))).isInstanceOf(IOException.class);
        assertClean(made, "when it was closed");
    }

    @Test
    void shouldDeleteNothingWhileLayersAreWritten() throws Exception {
        TestStore made = example(6);
        maintenance(made).flatten(WIN);
        try (var writing = made.store.lockForWriting()) {
            assertThat(collect(made).kept()).contains("being written");
        }
        assertThat(collect(made).kept()).isNull();
    }

    @Test
    void shouldDeleteNothingIfAnythingThatRefersCannotBeRead() throws Exception {
        TestStore base = example(7);
        maintenance(base).flatten(WIN);
        Path rule = base.space.list(base.store.layout().replaced()).get(0);
        for (Path file : List.of(base.store.layout().manifest(ImageName.parse("other")), rule,
                base.store.layout().overlay(ExportName.parse("win@alice")).resolve("meta"),
                LayerFiles.manifest(base.store.layout().layers(), base.chain("other").get(0)))) {
            TestStore made = base.on(base.space.fork());
            try (BlockFile open = made.space.open(file, OpenMode.READ_WRITE)) {
                open.truncate(30);
            }
            TreeSet<String> before = files(made);
            GarbageReport report = collect(made);
            assertThat(report.kept()).as("%s", file).contains("cannot be told");
            assertThat(report.freedCount()).isZero();
            assertThat(files(made)).isEqualTo(before);
        }
    }

    @Test
    void shouldFreeWhatWasNeverFinished() throws Exception {
        TestStore made = example(8);
        Path tmp = made.store.layout().temporary();
        Path orphan = made.store.layout().frozen(new LayerId("ab".repeat(32)));
        for (Path directory : List.of(tmp.resolve("layer-1"), tmp.resolve("import-1"), tmp.resolve("copy-1"), orphan)) {
            made.space.createDirectories(directory);
            made.space.open(directory.resolve("meta"), OpenMode.CREATE_NEW).close();
        }
        made.space.open(made.store.layout().manifest(WIN).resolveSibling("latest.json.new"), OpenMode.CREATE_NEW)
                .close();
        assertThat(made.store.collectGarbage(DAY, T0).waitingCount()).isEqualTo(5);
        assertThat(made.store.collectGarbage(DAY, T0 + DAY.toMillis()).freedCount()).isEqualTo(3);
        assertThat(made.space.list(tmp)).containsExactly(tmp.resolve("copy-1"), tmp.resolve("import-1"));
        assertThat(made.space.exists(orphan)).isFalse();
        assertThat(made.store.collectGarbage(DAY, T0 + 7 * DAY.toMillis()).freedCount()).isEqualTo(2);
        assertClean(made, "after gc");
    }

    @Test
    void shouldKeepFrozenOverlaysThatAreNeeded() throws Exception {
        TestStore made = example(9);
        made.store.snapshot(ExportName.parse("win@alice"), ImageName.parse("snap"));
        made.contents.put("snap", made.contents.get("win"));
        collect(made);
        assertClean(made, "frozen");
        assertThat(made.space.list(made.store.layout().frozen())).hasSize(1);

        maintenance(made).flatten(ImageName.parse("snap"));
        collect(made);

        assertThat(made.space.list(made.store.layout().frozen())).isEmpty();
        assertClean(made, "sealed");
    }

    /** Then images need no replacement any more, and layers may come back. */
    @Test
    void shouldNoteTheLayersOfImagesAnew() throws Exception {
        TestStore made = example(10);
        made.store.reset(ExportName.parse("win@alice"));
        made.contents.remove("win@alice");
        maintenance(made).rebase(ImageName.parse("win:old"), ImageName.parse("other"));
        learnBoot(made);
        List<LayerId> rebased = made.chain("win:old");

        collect(made);

        assertThat(made.store.notedChain(ImageName.parse("win:old"))).isEqualTo(rebased);
        assertThat(made.space.list(made.store.layout().replaced())).isEmpty();
        assertThat(made.store.boots().profile(WIN)).as("it moved with the manifest").isPresent();
        assertClean(made, "noted anew");
    }

    /** Layers are named by content: what was deleted may come again, and must not lead to what was deleted. */
    @Test
    void shouldReadAnImageThatCameAgainAfterItsLayersWereReplaced() throws Exception {
        TestStore made = TestStore.create();
        made.image("other", null, 1, SIZE, new Random(11));
        made.image("win", null, 1, SIZE, new Random(12));
        LayerId base = made.chain("win").get(0);
        byte[] content = made.contents.get("win");
        made.image("win:child", "win", 1, SIZE, new Random(13));
        made.overlay("win:child@alice");
        maintenance(made).rebase(WIN, ImageName.parse("other"));
        maintenance(made).flatten(ImageName.parse("win:child"));
        made.store.remove(WIN);
        made.contents.remove("win");
        made.store.remove(ImageName.parse("other"));
        made.contents.remove("other");
        collect(made);

        LayerId again = made.seal(content, List.of());
        made.publish("again", content, List.of(again));

        assertThat(again).isEqualTo(base);
        assertClean(made, "again");
        collect(made);
        assertClean(made, "again, and collected");
    }

    /** Power cut before each call: nothing that is needed is lost, and the next run frees what is left. */
    @Test
    void shouldLoseNothingWheneverThePowerGoes() throws Exception {
        TestStore busy = example(14);
        maintenance(busy).merge(WIN, 2);
        maintenance(busy).rebase(ImageName.parse("win:old"), ImageName.parse("other"));
        learnBoot(busy);
        TestStore made = busy.on(busy.space.crash(Chooser.KEEP_ALL));
        TestStore undisturbed = made.on(made.space.fork());
        collect(undisturbed);
        TreeSet<String> clean = files(undisturbed);
        for (long at = 0; at < undisturbed.space.callCount(); at++) {
            SimFileSpace cut = made.space.fork();
            long crashAt = at;
            cut.hook(call -> {
                if (call.index() == crashAt) {
                    throw new SimCrash("before call " + crashAt);
                }
            });
            assertThatThrownBy(() -> collect(made.on(cut))).isInstanceOf(SimCrash.class);
            for (int choice = 0; choice < 4; choice++) {
                TestStore after = made.on(cut.crash(choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                        : Chooser.random(new Random(100 * at + choice))));
                String what = "crash at " + at + ", choice " + choice;
                after.check(what);
                assertThat(after.store.boots().profile(WIN)).as(what).isPresent();
                assertThat(collect(after).kept()).as(what).isNull();
                after.check(what + ", repeated");
                assertThat(files(after)).as(what).isEqualTo(clean);
            }
        }
    }

    /** Whatever is done in whatever order, everything reads as before. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void shouldNeverLoseAByteInALongLife(long seed) throws Exception {
        Random random = new Random(seed);
        TestStore made = TestStore.create();
        made.image("i0", null, 2, SIZE, random);
        for (int step = 1; step <= 40; step++) {
            List<String> images = made.contents.keySet().stream().filter(name -> !name.contains("@")).toList();
            String image = images.get(random.nextInt(images.size()));
            String other = images.get(random.nextInt(images.size()));
            String what = "seed " + seed + ", step " + step;
            try {
                switch (random.nextInt(9)) {
                    case 0 -> made.image("i" + step, image, 1 + random.nextInt(3), SIZE - random.nextInt(9000), random);
                    case 1 -> made.overlay(image + "@c" + step);
                    case 2 -> maintenance(made).merge(ImageName.parse(image),
                            Math.max(1, random.nextInt(made.chain(image).size() + 1)));
                    case 3 -> maintenance(made).flatten(ImageName.parse(image));
                    case 4, 5 -> maintenance(made).rebase(ImageName.parse(image), ImageName.parse(other));
                    case 6 -> {
                        if (images.size() > 1) {
                            made.store.remove(ImageName.parse(image));
                            made.contents.remove(image);
                        }
                    }
                    case 7 -> made.publish("i" + step, made.contents.get(image),
                            List.of(made.seal(made.contents.get(image), List.of())));
                    default -> assertThat(collect(made).kept()).as(what).isNull();
                }
            } catch (StoreException e) {
                assertThat(e.getMessage()).as(what).containsAnyOf("overlays of clients stand on it",
                        "stands on its layers", "run 'varve gc' first");
            }
            made.check(what);
        }
        collect(made);
        assertClean(made, "seed " + seed);
    }

    private static void learnBoot(TestStore made) throws IOException {
        new ImageSequence(made.store, new SequenceCache(made.space), WIN, made.chain("win"), SIZE)
                .update(before -> Optional.of(TestSequences.profile(Pages.count(SIZE), 1, 5)));
    }
}
