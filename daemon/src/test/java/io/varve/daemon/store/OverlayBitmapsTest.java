package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.BitmapException;
import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bitmaps of clients that are connected, and of others. */
class OverlayBitmapsTest {

    private static final int GRANULE = DirtyBitmap.GRANULARITY;
    /** The last granule is cut short. */
    private static final int SIZE = 5 * GRANULE + 4096;
    private static final Path ROOT = Path.of("/store");
    private static final ExportName ALICE = ExportName.parse("win@alice");
    private static final String CONTEXT = "qemu:dirty-bitmap:";

    private final SimFileSpace disk = new SimFileSpace();
    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(2);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private Store store;
    private StoreDirectory directory;
    private OverlayBitmaps bitmaps;

    @BeforeEach
    void serve() throws IOException {
        store = Store.openOrCreate(disk, ROOT);
        store.publish(ImageName.parse("win"), new ImageManifest(SIZE, List.of(), Instant.EPOCH, "test", null));
        serve(OverlayMode.PERSISTENT);
    }

    private void serve(OverlayMode mode) {
        directory = new StoreDirectory(store, List.of(), OverlayPolicy.of(mode), boots, workers, counters);
        bitmaps = directory.bitmaps();
    }

    @AfterEach
    void stop() {
        directory.close();
        boots.close();
        workers.close();
        agent.close();
    }

    private Export connect() throws Exception {
        Export export = directory.open(ALICE.toString());
        agent.attach(export);
        return export;
    }

    private void write(Export export, long offset) throws Exception {
        agent.write(export, offset, new byte[512]);
    }

    /** Granules that a context calls dirty; others are 0. */
    private List<Long> dirty(Export export, String name) {
        int context = export.info().metaContexts().indexOf(CONTEXT + name);
        List<Long> dirty = new ArrayList<>();
        long[] at = new long[1];
        export.blockStatus(context, 0, SIZE, (length, flags) -> {
            for (long granule = at[0] / GRANULE; flags == 1 && granule * GRANULE < at[0] + length; granule++) {
                dirty.add(granule);
            }
            at[0] += length;
            return true;
        });
        assertThat(at[0]).isEqualTo(SIZE);
        return dirty;
    }

    @Test
    void shouldNoteWhatIsWrittenZeroedAndTrimmedSinceTheStart() throws Exception {
        Export before = connect();
        write(before, 0);
        BitmapInfo started = bitmaps.start(ALICE, "inc");
        write(before, 2 * GRANULE - 100);
        agent.zero(before, 5 * GRANULE, 4096);

        Export after = connect();
        assertThat(before.info().metaContexts()).doesNotContain(CONTEXT + "inc");
        assertThat(directory.describe(ALICE.toString()).metaContexts()).endsWith(CONTEXT + "inc");
        assertThat(started.dirtyLength()).isZero();
        assertThat(dirty(after, "inc")).containsExactly(1L, 2L, 5L);
        assertThat(bitmaps.list(ALICE)).singleElement().satisfies(info -> {
            assertThat(info.dirtyLength()).isEqualTo(2 * GRANULE + 4096);
            assertThat(info.state()).isEqualTo(BitmapInfo.State.EXACT);
        });
        agent.close(before);
        agent.close(after);

        assertThat(bitmaps.list(ALICE)).singleElement().satisfies(info -> {
            assertThat(info.dirtyLength()).isEqualTo(2 * GRANULE + 4096);
            assertThat(info.state()).isEqualTo(BitmapInfo.State.EXACT);
        });
        Export again = connect();
        assertThat(dirty(again, "inc")).containsExactly(1L, 2L, 5L);
        agent.close(again);
    }

    @Test
    void shouldStartAndDropWhileNobodyIsConnected() throws Exception {
        agent.close(connect());
        bitmaps.start(ALICE, "b");
        bitmaps.start(ALICE, "a");

        assertThat(directory.describe(ALICE.toString()).metaContexts()).endsWith(CONTEXT + "a", CONTEXT + "b");
        Export export = connect();
        write(export, 0);
        agent.close(export);
        bitmaps.drop(ALICE, "a");

        assertThat(bitmaps.list(ALICE)).extracting(BitmapInfo::name).containsExactly("b");
        assertThat(bitmaps.list(ALICE).get(0).dirtyLength()).isEqualTo(GRANULE);
        assertThat(bitmaps.list(ALICE).get(0).state()).isEqualTo(BitmapInfo.State.EXACT);
    }

    @Test
    void shouldCallEverythingDirtyOnceTheBitmapIsDropped() throws Exception {
        agent.close(connect());
        bitmaps.start(ALICE, "inc");
        Export old = connect();
        assertThat(dirty(old, "inc")).isEmpty();

        bitmaps.drop(ALICE, "inc");
        bitmaps.start(ALICE, "inc");

        Export fresh = connect();
        assertThat(dirty(old, "inc")).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(dirty(fresh, "inc")).isEmpty();
        agent.close(old);
        agent.close(fresh);
    }

    @Test
    void shouldRefuseWhatCannotBe() throws Exception {
        assertThatThrownBy(() -> bitmaps.start(ALICE, "inc")).isInstanceOf(StoreException.class)
                .hasMessageContaining("not in the store");
        Export export = connect();
        for (int i = 0; i < 16; i++) {
            bitmaps.start(ALICE, "b" + i);
        }
        assertThatThrownBy(() -> bitmaps.start(ALICE, "b3")).hasMessageContaining("there is one of that name");
        assertThatThrownBy(() -> bitmaps.start(ALICE, "b16")).hasMessageContaining("at most 16");
        assertThatThrownBy(() -> bitmaps.start(ALICE, "a:b")).hasCauseInstanceOf(BitmapException.class)
                .hasMessageContaining("letters");
        assertThatThrownBy(() -> bitmaps.drop(ALICE, "none")).hasMessageContaining("there is none of that name");
        agent.close(export);
        assertThat(bitmaps.list(ALICE)).hasSize(16);
        assertThatThrownBy(() -> bitmaps.start(ALICE, "../x")).isInstanceOf(BitmapException.class);
    }

    @Test
    void shouldRefuseBitmapsOfWhatIsNotKept() throws Exception {
        directory.close();
        serve(OverlayMode.MEMORY);
        Export export = connect();
        assertThatThrownBy(() -> bitmaps.start(ALICE, "inc")).isInstanceOf(StoreException.class)
                .hasMessageContaining("only overlays that are kept");
        assertThat(bitmaps.list(ALICE)).isEmpty();
        agent.close(export);
    }

    @Test
    void shouldGoWithTheOverlay() throws Exception {
        agent.close(connect());
        bitmaps.start(ALICE, "inc");
        directory.close();
        store.reset(ALICE);

        Export export = connect();
        assertThat(bitmaps.list(ALICE)).isEmpty();
        assertThat(export.info().metaContexts()).hasSize(4);
        agent.close(export);
    }

    @Test
    void shouldGoOnAboveASnapshot() throws Exception {
        Export export = connect();
        bitmaps.start(ALICE, "inc");
        write(export, 0);
        directory.snapshot(ALICE, ImageName.parse("snap"));
        write(export, 3 * GRANULE);

        assertThat(bitmaps.list(ALICE).get(0).dirtyLength()).isEqualTo(2 * GRANULE);
        agent.close(export);
        directory.close();
        store.commit(ALICE, ImageName.parse("copy"));
        store.snapshot(ALICE, ImageName.parse("snap:2"));

        export = connect();
        assertThat(dirty(export, "inc")).containsExactly(0L, 3L);
        assertThat(bitmaps.list(ALICE).get(0).state()).isEqualTo(BitmapInfo.State.EXACT);
        agent.close(export);
    }

    @Test
    void shouldReportADamagedFileAndCallEverythingDirty() throws Exception {
        Export export = connect();
        bitmaps.start(ALICE, "inc");
        write(export, 0);
        agent.close(export);
        directory.close();
        Path file = store.layout().overlay(ALICE).resolve("bitmap-inc");
        flip(file, 4096);

        assertThat(bitmaps.list(ALICE)).singleElement().satisfies(info -> {
            assertThat(info.state()).isEqualTo(BitmapInfo.State.DAMAGED);
            assertThat(info.problem()).contains(file.toString(), "byte 4096");
            assertThat(info.dirtyLength()).isEqualTo(SIZE);
        });
        StoreScrub scrub = new StoreScrub(store, (done, total) -> { });
        scrub.addEverything();
        assertThat(scrub.run().findings()).singleElement()
                .satisfies(finding -> assertThat(finding.line()).contains("win@alice", file.toString(), "4096"));
        export = connect();
        assertThat(dirty(export, "inc")).hasSize(6);
        agent.close(export);
        directory.close();
        assertThat(bitmaps.list(ALICE).get(0).state()).isEqualTo(BitmapInfo.State.DAMAGED);
        bitmaps.drop(ALICE, "inc");
        assertThat(bitmaps.list(ALICE)).isEmpty();
        assertThat(disk.exists(file)).isFalse();
    }

    private void flip(Path path, long position) throws IOException {
        UnsafeBuffer one = Buffers.alignedDirect(1);
        try (BlockFile file = disk.open(path, OpenMode.READ_WRITE)) {
            file.read(position, one, 0, 1);
            one.putByte(0, (byte) ~one.getByte(0));
            file.write(position, one, 0, 1);
        }
    }
}
