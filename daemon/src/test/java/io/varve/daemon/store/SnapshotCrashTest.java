package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.AllChoices;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerMerge;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayInfo;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * A power cut at every call of a snapshot, of the seal and of the merge that follow it: the client has what it had, the
 * new image is whole or absent, and all of it can be repeated.
 */
class SnapshotCrashTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 6;
    private static final long SIZE = (long) PAGES * PAGE;
    private static final int IMAGES_PER_CUT = 12;
    private static final ExportName ALICE = ExportName.parse("win@alice");
    private static final ImageName SNAP = ImageName.parse("snap");
    private static final Path ROOT = Path.of("/store");

    private long images;

    /** What is done to a store, until the power fails. */
    @FunctionalInterface
    private interface Work {
        void run(Store store) throws IOException;
    }

    @Test
    void shouldLoseNothingAtAPowerCutDuringASnapshot() throws IOException {
        cutEverywhere(prepared(), store -> store.snapshot(ALICE, SNAP));
    }

    @Test
    void shouldLoseNothingAtAPowerCutWhileSealing() throws IOException {
        SimFileSpace disk = prepared();
        Store.open(disk, ROOT).snapshot(ALICE, SNAP);
        cutEverywhere(disk, StoreStep::sealAll);
    }

    @Test
    void shouldLoseNothingAtAPowerCutWhileMergingWhatWasSealed() throws IOException {
        SimFileSpace disk = prepared();
        Store store = Store.open(disk, ROOT);
        store.snapshot(ALICE, SNAP);
        StoreStep.sealAll(store);
        write(disk, 1, 8);
        store.snapshot(ALICE, ImageName.parse("snap:2"));
        StoreStep.sealAll(store);
        write(disk, 1, 2);
        cutEverywhere(disk, SnapshotCrashTest::merge);
    }

    private void cutEverywhere(SimFileSpace disk, Work work) throws IOException {
        byte[] content = StoreContents.client(Store.open(disk, ROOT), ALICE);
        boolean cut = true;
        for (long at = 0; cut; at++) {
            SimFileSpace crashed = disk.fork();
            cut = runUntil(crashed, at, work);
            AllChoices choices = new AllChoices(IMAGES_PER_CUT, at);
            while (choices.next()) {
                check(crashed.crash(choices), content, work, at);
                images++;
            }
        }
        assertThat(images).isGreaterThan(100);
    }

    /** False if the work ends before the call. */
    private static boolean runUntil(SimFileSpace disk, long at, Work work) throws IOException {
        long first = disk.callCount();
        disk.hook(call -> {
            if (call.index() - first == at) {
                throw new SimCrash("power cut at " + call);
            }
        });
        try {
            work.run(Store.open(disk, ROOT));
            return false;
        } catch (SimCrash e) {
            return true;
        }
    }

    private static void check(SimFileSpace disk, byte[] content, Work work, long at) throws IOException {
        Store store = Store.open(disk, ROOT);
        assertThat(StoreContents.client(store, ALICE)).as("cut at " + at + ", the client").isEqualTo(content);
        if (store.contains(SNAP)) {
            assertThat(StoreContents.image(store, SNAP)).as("cut at " + at + ", the image").isEqualTo(content);
        } else {
            work.run(store);
            assertThat(StoreContents.image(store, SNAP)).as("cut at " + at + ", repeated").isEqualTo(content);
        }
        StoreStep.sealAll(store);
        merge(store);
        assertThat(StoreContents.client(store, ALICE)).as("cut at " + at + ", merged").isEqualTo(content);
        assertThat(StoreContents.client(Store.open(disk.crash(Chooser.LOSE_ALL), ROOT), ALICE)).isEqualTo(content);
    }

    /** Base pages, and over them an overlay with pages, zeros, and a record that is only in its journal. */
    private static SimFileSpace prepared() throws IOException {
        SimFileSpace disk = new SimFileSpace();
        Store store = Store.openOrCreate(disk, ROOT);
        store.publish(ImageName.parse("win"), new ImageManifest(SIZE, List.of(), Instant.EPOCH, "test", null));
        write(disk, 1, 1);
        store.commit(ALICE, ImageName.parse("base"));
        write(disk, 1, 2);
        return disk;
    }

    /** Each page but every third gets other bytes, one is zeroed; durable, but not checkpointed. */
    private static void write(SimFileSpace disk, int step, int value) throws IOException {
        Store store = Store.open(disk, ROOT);
        Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        List<String> chain = store.overlayMeta(ALICE).map(OverlayMeta::layerIds).orElse(List.of());
        OverlayMeta meta = new OverlayMeta(UUID.randomUUID(), "win", "latest", chain, SIZE, "alice", 0);
        try (Workers workers = new Workers(1)) {
            Overlay overlay = Overlay.openPersistent(
                    disk, store.layout().overlay(ALICE), meta, workers, new ClosedOverlays());
            overlay.attach(tasks::add);
            UnsafeBuffer page = Buffers.alignedDirect(PAGE);
            for (int i = 0; i < PAGES; i += step) {
                page.setMemory(0, PAGE, (byte) (10 * value + i));
                if (i % 3 != 2) {
                    overlay.writePages(i, 1, page, 0);
                    commit(overlay, tasks);
                }
            }
            overlay.zeroPages(PAGES - 2, 1);
            commit(overlay, tasks);
            overlay.abandon(() -> { });
        }
        assertThat(OverlayReader.info(disk, store.layout().overlay(ALICE)).condition())
                .isEqualTo(OverlayInfo.Condition.UNCLEAN);
    }

    private static void commit(Overlay overlay, Queue<Runnable> tasks) {
        boolean[] done = new boolean[1];
        overlay.commit(failure -> done[0] = failure == null);
        while (!done[0]) {
            Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private static void merge(Store store) throws IOException {
        for (StandingChain chain : store.standingChains()) {
            List<LayerId> layers = store.resolve(chain.layers());
            if (layers.size() > 1) {
                try (FileLocks.Lock writing = store.lockForWriting()) {
                    store.replace(layers, List.of(LayerMerge.merge(
                            store.space(), store.layout().layers(), layers, LayerMerge.Below.NOTHING)));
                }
            }
        }
    }
}
