package io.varve.daemon.disk;

import static io.varve.daemon.disk.DiskStep.FLUSH;
import static io.varve.daemon.disk.DiskStep.KILL;
import static io.varve.daemon.disk.DiskStep.TRIM;
import static io.varve.daemon.disk.DiskStep.TRIM_END;
import static io.varve.daemon.disk.DiskStep.WRITE_ACROSS;
import static io.varve.daemon.disk.DiskStep.WRITE_ALL;
import static io.varve.daemon.disk.DiskStep.WRITE_FUA;
import static io.varve.daemon.disk.DiskStep.WRITE_PAGE;
import static io.varve.daemon.disk.DiskStep.WRITE_SECTOR;
import static io.varve.daemon.disk.DiskStep.ZEROES_ACROSS_NO_HOLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.overlay.SimOverlay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every workload of up to four requests to a disk, in several situations, cut at every call that the last request
 * makes; the other calls are those of shorter workloads. Recovery is cut as well, and once more after it.
 */
class DiskExhaustiveTest {

    private static final List<DiskStep> ALL = List.of(DiskStep.values());
    /** One of each kind, for long workloads. */
    private static final List<DiskStep> FEW =
            List.of(WRITE_SECTOR, WRITE_ACROSS, WRITE_FUA, ZEROES_ACROSS_NO_HOLE, TRIM, TRIM_END, FLUSH, KILL);
    /** Of longer workloads there are so many that one image of each cut must do, and few cuts of its recovery. */
    private static final int THOROUGH_STEPS = 2;
    private static final int IMAGES_PER_CUT = 3;
    private static final int CALLS_PER_CUT = 8;

    /** A disk, what is on it, and what is done with it before the workload begins. */
    private record Start(SimFileSpace files, SectorModel model, SimOverlay.Kind kind, List<DiskStep> prefix) {}

    private long imageCount;

    @Test
    void shouldSurviveEveryShortWorkload() throws IOException {
        Start fresh = start(SimOverlay.Kind.SMALL, List.of(), List.of());
        Start inJournal = start(SimOverlay.Kind.IN_PLACE, List.of(WRITE_ALL), List.of(TRIM, FLUSH, WRITE_PAGE, FLUSH));
        Start tight = start(SimOverlay.Kind.TIGHT, List.of(), List.of(WRITE_PAGE, FLUSH));
        for (Start start : List.of(fresh, inJournal, tight)) {
            runAll(start, 1, ALL);
            runAll(start, 2, ALL);
        }
        runAll(fresh, 3, ALL);
        runAll(inJournal, 3, FEW);
        runAll(fresh, 4, FEW);
        System.out.println("DiskExhaustiveTest: " + imageCount + " crash images");
        assertThat(imageCount).isGreaterThan(100_000);
    }

    /** @param before requests of an earlier life, which ended in good order */
    private static Start start(SimOverlay.Kind kind, List<DiskStep> before, List<DiskStep> prefix)
            throws IOException {
        DiskHarness harness = new DiskHarness(new SimFileSpace(), kind);
        harness.open();
        for (DiskStep step : before) {
            step.run(harness);
        }
        harness.close();
        return new Start(harness.files(), harness.model(), kind, prefix);
    }

    private void runAll(Start start, int length, List<DiskStep> alphabet) throws IOException {
        int count = (int) Math.pow(alphabet.size(), length);
        for (int workload = 0; workload < count; workload++) {
            List<DiskStep> steps = new ArrayList<>(start.prefix());
            for (int i = 0, rest = workload; i < length; i++) {
                steps.add(alphabet.get(rest % alphabet.size()));
                rest /= alphabet.size();
            }
            try {
                run(start, steps, length <= THOROUGH_STEPS);
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError(start.kind() + " " + steps + ": " + e, e);
            }
        }
    }

    private void run(Start start, List<DiskStep> steps, boolean thorough) throws IOException {
        DiskHarness harness = new DiskHarness(start.files().fork(), start.kind());
        harness.model().adopt(start.model());
        harness.open();
        for (DiskStep step : steps.subList(0, steps.size() - 1)) {
            step.run(harness);
        }
        PowerCuts cuts = new PowerCuts(thorough ? IMAGES_PER_CUT : 1, imageCount,
                image -> recover(harness, start.kind(), image, thorough ? 1 : CALLS_PER_CUT));
        harness.watch(cuts);
        steps.get(steps.size() - 1).run(harness);
        harness.settle();
        cuts.cutAtEnd(harness.files());
        harness.requireCurrent();
        imageCount += cuts.imageCount();
    }

    private void recover(DiskHarness crashed, SimOverlay.Kind kind, SimFileSpace image, int callsPerCut)
            throws IOException {
        DiskHarness harness = again(crashed, kind, image);
        PowerCuts again = new PowerCuts(1, imageCount, second -> again(crashed, kind, second).recover())
                .oneCallIn(callsPerCut);
        harness.watch(again);
        harness.recover();
        PowerCuts last = new PowerCuts(1, imageCount, third -> again(harness, kind, third).recover());
        last.cutAtEnd(harness.files());
        imageCount += again.imageCount() + last.imageCount();
    }

    private static DiskHarness again(DiskHarness before, SimOverlay.Kind kind, SimFileSpace image) {
        DiskHarness harness = new DiskHarness(image, kind);
        harness.model().adopt(before.model());
        return harness;
    }
}
