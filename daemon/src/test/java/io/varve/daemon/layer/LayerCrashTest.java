package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerWriter.Pacing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerCrashTest {

    /** Only the first segment stays in the page cache. */
    private static final Pacing MIXED = new Pacing(Segment.LENGTH, Segment.LENGTH);

    private final TestDisk disk = TestDisk.empty(200_000).changed(new Random(4), 200_000);

    /** Power cut before each call; the disk loses all, nothing, or any part of what was not synced. */
    @Test
    void shouldLeaveAWholeLayerOrNoneWheneverThePowerGoes() throws IOException {
        SimFileSpace undisturbed = TestLayers.store();
        LayerId id = TestLayers.seal(undisturbed, TestLayers.LAYERS, disk, null, new Random(1));
        long callCount = undisturbed.callCount();
        int whole = 0;
        for (long at = TestLayers.store().callCount(); at < callCount; at++) {
            SimFileSpace space = TestLayers.store();
            long crashAt = at;
            space.hook(call -> {
                if (call.index() == crashAt) {
                    throw new SimCrash("before call " + crashAt);
                }
            });
            try {
                TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
            } catch (SimCrash e) {
                for (int choice = 0; choice < 6; choice++) {
                    Chooser chooser = choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                            : Chooser.random(new Random(100 * at + choice));
                    whole += check(space.crash(chooser), id, "crash at " + at + ", choice " + choice);
                }
            }
        }
        assertThat(whole).as("crashes after which the layer was there").isPositive();
    }

    /** @return 1 if the layer is there, 0 if it is not */
    private int check(SimFileSpace space, LayerId id, String what) throws IOException {
        int found = 0;
        if (space.exists(LayerFiles.manifest(TestLayers.LAYERS, id))) {
            assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id)).as(what).isEmpty();
            found = 1;
        }
        assertThat(TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(2))).as(what).isEqualTo(id);
        assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> {}).check(id)).as(what).isEmpty();
        return found;
    }

    @Test
    void shouldBeDurableWhenSealReturns() throws IOException {
        SimFileSpace space = TestLayers.store();
        LayerId id = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));

        SimFileSpace after = space.crash(Chooser.LOSE_ALL);

        assertThat(new Scrub(after, TestLayers.LAYERS, bytes -> {}).check(id)).isEmpty();
    }

    @Test
    void shouldLeaveNothingWhenAnyCallFails() throws IOException {
        SimFileSpace undisturbed = TestLayers.store();
        LayerId id = TestLayers.seal(undisturbed, TestLayers.LAYERS, disk, null, new Random(1));
        for (long at = TestLayers.store().callCount(); at < undisturbed.callCount(); at++) {
            SimFileSpace space = TestLayers.store();
            long failAt = at;
            boolean[] last = {false};
            space.hook(call -> {
                if (call.index() == failAt) {
                    last[0] = call.kind() == SimCall.Kind.DELETE
                            || space.exists(LayerFiles.manifest(TestLayers.LAYERS, id));
                    throw new NoSpaceException("full at call " + failAt, null);
                }
            });
            assertThatThrownBy(() -> TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1)))
                    .as("call %d", at).isInstanceOf(NoSpaceException.class);
            assertThat(space.openCount()).as("call %d", at).isZero();
            if (!last[0]) {
                assertThat(space.list(TestLayers.TMP)).as("call %d", at).allMatch(path -> space.list(path).isEmpty());
                assertThat(space.exists(LayerFiles.manifest(TestLayers.LAYERS, id))).as("call %d", at).isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Segment.LENGTH, Long.MAX_VALUE})
    void shouldGoOnWhereTheLastNoteSays(long cachedLength) throws IOException {
        Pacing pacing = new Pacing(Segment.LENGTH, cachedLength);
        TestDisk large = TestDisk.empty(20 << 20);
        for (long page = 3; page < large.pageCount(); page++) {
            large.bytes.putLong((int) Pages.offset(page) + 8, page + 1);
        }
        SimFileSpace space = TestLayers.store();
        space.hook(call -> {
            if (call.kind() == SimCall.Kind.RENAME && call.path().endsWith("progress.new")) {
                throw new SimCrash("while the first note gets its name");
            }
        });
        assertThatThrownBy(() -> {
            try (LayerWriter writer = resume(space, large, pacing)) {
                TestLayers.writeAll(writer, large, new Random(1));
                writer.seal();
            }
        }).isInstanceOf(SimCrash.class);
        LayerId expected = TestLayers.seal(TestLayers.store(), TestLayers.LAYERS, large, null, new Random(9));
        Set<Long> starts = new TreeSet<>();
        for (int choice = 0; choice < 5; choice++) {
            Chooser chooser = choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                    : Chooser.random(new Random(choice));
            SimFileSpace after = space.crash(chooser);
            try (LayerWriter writer = resume(after, large, pacing)) {
                starts.add(writer.nextPage());
                TestLayers.writeAll(writer, large, new Random(2));
                assertThat(writer.seal()).as("choice %d", choice).isEqualTo(expected);
            }
            assertThat(new Scrub(after, TestLayers.LAYERS, bytes -> {}).check(expected)).as("choice %d", choice)
                    .isEmpty();
            assertThat(after.list(TestLayers.TMP)).isEmpty();
        }
        assertThat(starts)
                .as("nothing is kept where directories were lost")
                .containsExactly(0L, 3L + Segment.PAGE_COUNT);
    }

    private static LayerWriter resume(SimFileSpace space, TestDisk disk, Pacing pacing) throws IOException {
        return LayerWriter.resume(space, TestLayers.LAYERS, disk.size, "import-x", pacing);
    }

    @Test
    void shouldBeginAnewWhereTheFilesAreNotThoseOfTheNote() throws IOException {
        TestDisk large = TestDisk.empty(10 << 20);
        for (long page = 0; page < large.pageCount(); page += 1) {
            large.bytes.putLong((int) Pages.offset(page) + 8, page + 1);
        }
        LayerId expected = TestLayers.seal(TestLayers.store(), TestLayers.LAYERS, large, null, new Random(9));
        for (String name : List.of("", "pages", "crc", "chunks", "progress")) {
            SimFileSpace space = TestLayers.store();
            try (LayerWriter writer = resume(space, large, MIXED)) {
                TestLayers.writeAll(writer, large, new Random(1));
                writer.suspend();
            }
            Path work = TestLayers.TMP.resolve("import-x");
            assertThat(space.exists(work.resolve("progress"))).isTrue();
            if (!name.isEmpty()) {
                flip(space, work.resolve(name));
            }
            try (LayerWriter writer = resume(space, large, MIXED)) {
                assertThat(writer.nextPage()).as(name).isEqualTo(name.isEmpty() ? Segment.PAGE_COUNT : 0);
                TestLayers.writeAll(writer, large, new Random(2));
                assertThat(writer.seal()).isEqualTo(expected);
            }
        }
    }

    private static void flip(SimFileSpace space, Path path) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
            UnsafeBuffer one = Buffers.alignedDirect(1);
            int position = path.endsWith("progress") ? 20 : 200;
            file.read(position, one, 0, 1);
            one.putByte(0, (byte) (one.getByte(0) ^ 4));
            file.write(position, one, 0, 1);
        }
    }
}
