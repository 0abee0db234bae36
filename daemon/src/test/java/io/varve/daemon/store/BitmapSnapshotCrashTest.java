package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.BitmapInfo;
import io.varve.daemon.overlay.DirtyBitmap;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The power fails at every call while a client with a dirty bitmap writes and snapshots of it are taken, with the
 * client connected and without: whatever differs from what it was at the start of the bitmap is dirty.
 */
class BitmapSnapshotCrashTest {

    private static final int GRANULES = 6;
    private static final int SIZE = GRANULES * DirtyBitmap.GRANULARITY;
    private static final int SNAPSHOTS = 3;
    private static final Path ROOT = Path.of("/store");
    private static final ExportName ALICE = ExportName.parse("win@alice");

    private final SimFileSpace disk = new SimFileSpace();
    private final Counters counters = Counters.anonymous();
    /** What is found in the midst of things is kept for the end: a worker would take it for a defect of its own. */
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private volatile byte[] atStart;

    private void make(Store store) throws IOException {
        disk.syncDirectory(Path.of("/"));
        store.publish(ImageName.parse("win"), new ImageManifest(SIZE, List.of(), Instant.EPOCH, "test", null));
    }

    @Test
    void shouldMissNothingAroundSnapshots() throws Exception {
        Store store = Store.openOrCreate(disk, ROOT);
        make(store);
        PowerCuts cuts = new PowerCuts(2, 1, this::examine);
        try (Workers workers = new Workers(2);
                BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
                TestAgent agent = new TestAgent();
                StoreDirectory directory = new StoreDirectory(
                        store, List.of(), OverlayPolicy.of(OverlayMode.PERSISTENT), boots, workers, counters)) {
            Export alice = directory.open(ALICE.toString());
            agent.attach(alice);
            write(agent, alice, 0, 1);
            write(agent, alice, 5, 1);
            directory.bitmaps().start(ALICE, "inc");
            atStart = new byte[SIZE];
            Arrays.fill(atStart, 0, DirtyBitmap.GRANULARITY, (byte) 1);
            Arrays.fill(atStart, 5 * DirtyBitmap.GRANULARITY, SIZE, (byte) 1);
            cuts.watch(disk);
            for (int i = 0; i < SNAPSHOTS; i++) {
                write(agent, alice, i, 2);
                agent.flush(alice);
                directory.snapshot(ALICE, ImageName.parse("snap:" + i));
            }
            write(agent, alice, 3, 2);
            agent.flush(alice);
            agent.close(alice);
        }
        BitmapInfo closed = OverlayBitmaps.offline(store).list(ALICE).get(0);
        assertThat(closed.state()).isEqualTo(BitmapInfo.State.EXACT);
        assertThat(closed.dirtyLength()).isEqualTo(4L * DirtyBitmap.GRANULARITY);
        store.snapshot(ALICE, ImageName.parse("offline"));
        assertThat(failures).isEmpty();
        assertThat(cuts.imageCount()).isGreaterThan(100);
        assertThat(OverlayBitmaps.offline(store).list(ALICE)).containsExactly(closed);
    }

    private static void write(TestAgent agent, Export alice, int granule, int value) throws Exception {
        byte[] content = new byte[DirtyBitmap.GRANULARITY];
        Arrays.fill(content, (byte) value);
        agent.write(alice, (long) granule * DirtyBitmap.GRANULARITY, content);
    }

    private void examine(SimFileSpace image) {
        try {
            Store store = Store.open(image, ROOT);
            byte[] now = StoreContents.client(store, ALICE);
            try (OverlayReader reader = OverlayReader.open(image, store.layout().overlay(ALICE))) {
                DirtyBitmap bitmap = reader.bitmaps().get("inc");
                for (int at = 0; at < SIZE; at += 4096) {
                    if (now[at] != atStart[at] && !bitmap.isDirty(at / DirtyBitmap.GRANULARITY)) {
                        failures.add("byte " + at + " has changed and is clean in " + bitmap.info());
                        return;
                    }
                }
                if (bitmap.isDirty(4)) {
                    failures.add("granule 4, which nobody ever wrote, is dirty in " + bitmap.info());
                }
            }
        } catch (IOException | RuntimeException e) {
            failures.add(e.toString());
        }
    }
}
