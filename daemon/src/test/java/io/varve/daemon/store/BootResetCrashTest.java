package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Workers;
import io.varve.daemon.io.sim.AllChoices;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.ClosedOverlays;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * A power cut at every call of a boot that drops what was written before: then there is what was written before, whole,
 * or a fresh overlay, or none, and each is marked as one that may be dropped.
 */
class BootResetCrashTest {

    private static final int PAGE = 4096;
    private static final long SIZE = 6L * PAGE;
    private static final int IMAGES_PER_CUT = 16;
    private static final ExportName ALICE = ExportName.parse("win@alice");
    private static final Path ROOT = Path.of("/store");
    private static final int OLD = 1;
    private static final int NEW = 2;

    @Test
    void shouldDropAllOrNothingAtAPowerCut() throws IOException {
        SimFileSpace disk = prepared();
        long images = 0;
        boolean cut = true;
        for (long at = 0; cut; at++) {
            SimFileSpace crashed = disk.fork();
            cut = bootUntil(crashed, at);
            AllChoices choices = new AllChoices(IMAGES_PER_CUT, at);
            while (choices.next()) {
                check(crashed.crash(choices), "cut at " + at);
                images++;
            }
        }
        assertThat(images).isGreaterThan(300);
    }

    private static SimFileSpace prepared() throws IOException {
        SimFileSpace disk = new SimFileSpace();
        Store store = Store.openOrCreate(disk, ROOT);
        disk.syncDirectory(Path.of("/"));
        store.publish(ImageName.parse("win"), new ImageManifest(SIZE, List.of(), Instant.EPOCH, "test", null));
        boot(disk, OLD);
        return disk;
    }

    /** False if the boot ends before the call. */
    private static boolean bootUntil(SimFileSpace disk, long at) throws IOException {
        long first = disk.callCount();
        disk.hook(call -> {
            if (call.index() - first == at) {
                throw new SimCrash("power cut at " + call);
            }
        });
        try (Workers idle = new Workers(1)) {
            open(disk, idle);
            return false;
        } catch (SimCrash e) {
            return true;
        }
    }

    /** The client comes, writes a page of its own that shows who it was, flushes, and the daemon dies. */
    private static void boot(SimFileSpace disk, int value) throws IOException {
        LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
        try (Workers workers = new Workers(1)) {
            Overlay overlay = open(disk, workers);
            overlay.attach(tasks::add);
            UnsafeBuffer page = Buffers.alignedDirect(PAGE);
            page.setMemory(0, PAGE, (byte) value);
            overlay.writePages(value, 1, page, 0);
            IOException[] failure = {new IOException("not answered")};
            overlay.commit(answer -> failure[0] = answer);
            while (failure[0] != null && "not answered".equals(failure[0].getMessage())) {
                tasks.take().run();
            }
            overlay.abandon(() -> { });
            if (failure[0] != null) {
                throw failure[0];
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Overlay open(SimFileSpace disk, Workers workers) throws IOException {
        StoreLayout layout = Store.open(disk, ROOT).layout();
        new BootReset(disk, layout, Runnable::run).begin(ALICE);
        OverlayMeta meta = new OverlayMeta(UUID.randomUUID(), "win", "latest", List.of(), SIZE, "alice", 0);
        return Overlay.openPersistent(disk, layout.overlay(ALICE), meta, workers, new ClosedOverlays());
    }

    private static void check(SimFileSpace disk, String what) throws IOException {
        Path directory = Store.open(disk, ROOT).layout().overlay(ALICE);
        try (OverlayReader overlay = OverlayReader.open(disk, directory)) {
            assertThat(BootReset.isMarked(disk, directory)).as("%s: marked", what).isTrue();
            boolean isOld = overlay.state(OLD) == Overlay.PRESENT;
            assertThat(overlay.runLength(0, 6)).as("%s: all of it, or nothing", what).isEqualTo(isOld ? 1 : 6);
        } catch (NoSuchFileException none) {
            assertThat(none.getFile()).as(what).isEqualTo(directory.toString());
        } catch (CorruptDataException unfinished) {
            assertThat(unfinished).as(what).hasMessageContaining("meta");
        }
        boot(disk, NEW);
        requireFresh(disk, what);
        requireFresh(disk.crash(Chooser.LOSE_ALL), what + ", and once more");
    }

    private static void requireFresh(SimFileSpace disk, String what) throws IOException {
        Store store = Store.open(disk, ROOT);
        store.leftovers().run();
        assertThat(disk.list(store.layout().temporary())).as(what).isEmpty();
        Path directory = store.layout().overlay(ALICE);
        assertThat(BootReset.isMarked(disk, directory)).as("%s: marked", what).isTrue();
        try (OverlayReader overlay = OverlayReader.open(disk, directory)) {
            assertThat(overlay.state(OLD)).as(what).isEqualTo(Overlay.ABSENT);
            assertThat(overlay.state(NEW)).as(what).isEqualTo(Overlay.PRESENT);
        }
    }
}
