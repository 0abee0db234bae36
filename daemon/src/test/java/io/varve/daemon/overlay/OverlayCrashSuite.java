package io.varve.daemon.overlay;

import static io.varve.daemon.overlay.OverlayStep.COMMIT;
import static io.varve.daemon.overlay.OverlayStep.COMMIT_KILLED;
import static io.varve.daemon.overlay.OverlayStep.COMMIT_KILLED_AT_SYNC;
import static io.varve.daemon.overlay.OverlayStep.KILL;
import static io.varve.daemon.overlay.OverlayStep.WRITE_0;
import static io.varve.daemon.overlay.OverlayStep.WRITE_BOTH;
import static io.varve.daemon.overlay.OverlayStep.ZERO_0;
import static io.varve.daemon.overlay.OverlayStep.ZERO_BOTH;
import static io.varve.daemon.overlay.SimOverlay.Kind.IN_PLACE;
import static io.varve.daemon.overlay.SimOverlay.Kind.SMALL;
import static io.varve.daemon.overlay.SimOverlay.Kind.TIGHT;

import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

/**
 * All workloads of so many steps over two pages, in several situations, cut at every call that their last step and the
 * commits on their way make; the other calls are those of shorter workloads. The recovery from each image is cut as
 * well, and once more after it, when it must change nothing any more.
 */
final class OverlayCrashSuite implements Callable<Long> {

    private static final int PAGES = 2;
    private static final int REDUCED_STEPS = 2;
    private static final int REDUCED_IMAGES = 2;
    /** Of longer workloads there are so many that one image of each cut, and few cuts of its recovery, must do. */
    private static final int THOROUGH_STEPS = 2;
    private static final int CALLS_PER_CUT = 5;
    /** A disk, what is on it, and what is done with it before the workload begins. */
    private record Start(SimFileSpace disk, SectorModel model, SimOverlay.Kind kind, List<OverlayStep> prefix) {}

    private final int maxSteps;
    private final int imagesPerCut;
    /** The first one; it ends all parts. */
    private final AtomicReference<AssertionError> failure = new AtomicReference<>();

    /** As much as it takes to find any rule that is broken. */
    OverlayCrashSuite() {
        this(REDUCED_STEPS, REDUCED_IMAGES);
    }

    OverlayCrashSuite(int maxSteps, int imagesPerCut) {
        this.maxSteps = maxSteps;
        this.imagesPerCut = imagesPerCut;
    }

    /** Answers the number of images. */
    @Override
    public Long call() throws IOException {
        List<OverlayStep> written = List.of(WRITE_BOTH, COMMIT);
        List<OverlayStep> onePayload = List.of(ZERO_0, COMMIT, WRITE_0, COMMIT);
        List<OverlayStep> twoPayloads = List.of(ZERO_0, COMMIT, ZERO_BOTH, COMMIT, WRITE_BOTH, COMMIT);
        List<Start> starts = List.of(
                start(SMALL, List.of(), List.of()),
                start(SMALL, List.of(WRITE_BOTH, COMMIT, ZERO_BOTH), List.of()),
                start(SMALL, written, twoPayloads),
                start(SMALL, written, List.of(ZERO_0, COMMIT, WRITE_0, COMMIT, KILL)),
                start(SMALL, List.of(), List.of(WRITE_0, COMMIT_KILLED, WRITE_0, COMMIT)),
                start(SMALL, written, List.of(ZERO_0, COMMIT, WRITE_0, COMMIT_KILLED_AT_SYNC)),
                start(IN_PLACE, List.of(ZERO_BOTH, COMMIT), List.of()),
                start(IN_PLACE, List.of(), onePayload),
                start(TIGHT, written, onePayload));
        long imageCount = starts.parallelStream().mapToLong(start -> new Part(start).runAll()).sum();
        if (failure.get() != null) {
            throw failure.get();
        }
        return imageCount;
    }

    /** @param before steps that an earlier owner did before it closed the overlay */
    private static Start start(SimOverlay.Kind kind, List<OverlayStep> before, List<OverlayStep> prefix)
            throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), 0, PAGES, kind.geometry);
        harness.open();
        for (OverlayStep step : before) {
            step.run(harness);
        }
        harness.close();
        return new Start(harness.disk(), harness.model(), kind, prefix);
    }

    /** The workloads of one start, on one thread: which images there are does not depend on the others. */
    private final class Part {

        private final Start start;
        private long imageCount;

        Part(Start start) {
            this.start = start;
        }

        long runAll() {
            for (int length = 1; length <= maxSteps; length++) {
                runAll(length);
            }
            return imageCount;
        }

        private void runAll(int length) {
            OverlayStep[] alphabet = OverlayStep.values();
            int count = (int) Math.pow(alphabet.length, length);
            for (int workload = 0; workload < count && failure.get() == null; workload++) {
                List<OverlayStep> steps = new ArrayList<>(start.prefix());
                for (int i = 0, rest = workload; i < length; i++) {
                    steps.add(alphabet[rest % alphabet.length]);
                    rest /= alphabet.length;
                }
                try {
                    run(steps, workload);
                } catch (IOException | RuntimeException | AssertionError e) {
                    failure.compareAndSet(null, new AssertionError(start.kind() + " " + steps + ": " + e, e));
                }
            }
        }

        private void run(List<OverlayStep> steps, long seed) throws IOException {
            OverlayHarness harness = new OverlayHarness(start.disk().fork(), 0, PAGES, start.kind().geometry);
            harness.model().adopt(start.model());
            harness.open();
            for (OverlayStep step : steps.subList(0, steps.size() - 1)) {
                step.run(harness);
            }
            boolean thorough = steps.size() - start.prefix().size() <= THOROUGH_STEPS;
            PowerCuts cuts = new PowerCuts(thorough ? imagesPerCut : 1, seed,
                    image -> recover(harness, image, thorough ? 1 : CALLS_PER_CUT));
            harness.watch(cuts);
            steps.get(steps.size() - 1).run(harness);
            harness.runAll();
            cuts.cutAtEnd(harness.disk());
            harness.requireCurrent();
            imageCount += cuts.imageCount();
        }

        private void recover(OverlayHarness crashed, SimFileSpace image, int callsPerCut) throws IOException {
            OverlayHarness harness = again(crashed, image);
            PowerCuts again = new PowerCuts(1, imageCount, second -> again(crashed, second).recover())
                    .oneCallIn(callsPerCut);
            harness.watch(again);
            harness.recover();
            PowerCuts last = new PowerCuts(1, imageCount, third -> again(harness, third).recover());
            last.cutAtEnd(harness.disk());
            imageCount += again.imageCount() + last.imageCount();
        }

        private OverlayHarness again(OverlayHarness before, SimFileSpace image) {
            OverlayHarness harness = new OverlayHarness(image, 0, PAGES, before.geometry());
            harness.model().adopt(before.model());
            return harness;
        }
    }
}
