package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Disks of many regions: maps that grow, space for them, and changes of the whole disk. */
class OverlayRegionsTest {

    private static final int REGIONS = 600;
    private static final int PAGES = REGIONS * StateMap.REGION_PAGES - 5;

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(4096);
    private SimFileSpace disk = new SimFileSpace();
    private Overlay overlay;

    private void open() throws IOException {
        tasks.clear();
        OverlayOpener opener = new OverlayOpener(disk, OverlayHarness.DIRECTORY,
                OverlayHarness.SMALL, OverlayHarness.BUFFERS, Runnable::run);
        overlay = Overlay.persistent(opener.openOrCreate(OverlayHarness.meta(PAGES)), OverlayHarness.DIRECTORY,
                tasks::add);
        overlay.attach(tasks::add);
    }

    private void commit() {
        List<IOException> answer = new ArrayList<>();
        overlay.commit(answer::add);
        runAll();
        assertThat(answer).hasSize(1).containsOnlyNulls();
    }

    private void runAll() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private static long page(int region) {
        return (long) region * StateMap.REGION_PAGES + region % 100;
    }

    @Test
    void shouldGrowTheMapsWithEveryRegionThatIsWritten() throws IOException {
        Random random = new Random(1);
        open();
        for (int region = 0; region < REGIONS; region++) {
            buffer.putLong(0, region);
            overlay.writePages(page(region), 1, buffer, 0);
            if (random.nextInt(4) == 0) {
                commit();
            }
            if (random.nextInt(40) == 0) {
                commit();
                disk = disk.crash(Chooser.random(random));
                open();
            }
        }
        commit();
        disk = disk.crash(Chooser.LOSE_ALL);
        open();
        for (int region = 0; region < REGIONS; region++) {
            assertThat(overlay.state(page(region))).as("region %d", region).isEqualTo(Overlay.PRESENT);
            overlay.data().read(Pages.offset(page(region)), buffer, 0, 8);
            assertThat(buffer.getLong(0)).isEqualTo(region);
            assertThat(overlay.runLength(page(region), 2)).isEqualTo(1);
        }
        assertThat(overlay.info().presentPages()).isEqualTo(REGIONS);
    }

    @Test
    void shouldRefuseAStateForWhichAMapHasNoSpace() throws IOException {
        open();
        int refused = 0;
        int written = 0;
        disk.limitSpace(disk.allocatedPages() + 90);
        for (int region = 0; region < REGIONS; region += 2) {
            try {
                overlay.zeroPages(page(region), 1);
                written++;
            } catch (NoSpaceException e) {
                assertThat(overlay.state(page(region))).isEqualTo(Overlay.ABSENT);
                refused++;
            }
        }
        assertThat(written).isBetween(16, 90);
        assertThat(refused).isGreaterThan(100);
        for (int i = 0; i < 20; i++) {
            overlay.zeroPages(page(0) + 1 + i, 1);
            commit();
        }
        disk = disk.crash(Chooser.LOSE_ALL);
        open();
        assertThat(overlay.info().zeroPages()).isEqualTo(written + 20);
    }

    @Test
    void shouldZeroTheWholeDiskAtTheCostOfOneEntry() throws IOException {
        open();
        overlay.writePages(page(3), 1, buffer, 0);
        commit();
        overlay.zeroPages(0, PAGES);
        commit();
        assertThat(overlay.runLength(0, PAGES)).isEqualTo(PAGES);
        overlay.writePages(page(5), 1, buffer, 0);
        commit();
        disk = disk.crash(Chooser.LOSE_ALL);
        open();
        assertThat(overlay.runLength(0, PAGES)).isEqualTo(page(5));
        assertThat(overlay.info().zeroPages()).isEqualTo(PAGES - 1);
        runAll();
        List<String> calls = new ArrayList<>();
        disk.hook(call -> calls.add(call.kind() + " " + call.path().getFileName()));
        overlay.close(() -> calls.add("closed"));
        runAll();
        assertThat(calls).as("nothing was written since the checkpoint").containsExactly("closed");
    }
}
