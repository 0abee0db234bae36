package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.sim.AllChoices;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every workload of up to three steps over two pages that ends in a power cut, cut at every call, each with as many of
 * the states that the disk may then be in as the limit allows; and a second power cut after recovery, which must
 * change nothing.
 */
class OverlayExhaustiveTest {

    private static final int PAGES = 2;
    private static final int MAX_STEPS = 3;
    private static final int IMAGES_OF_SHORT = 24;
    private static final int IMAGES_OF_LONG = 3;

    /** What a client, or the daemon, does in one step. */
    private enum Step {
        WRITE_0 {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.write(0, 1);
            }
        },
        WRITE_BOTH {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.write(0, 2);
            }
        },
        OVERWRITE_ACROSS {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.overwrite(7, 2);
            }
        },
        OVERWRITE_0 {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.overwrite(2, 1);
            }
        },
        ZERO_0 {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.zero(0, 1);
            }
        },
        ZERO_BOTH {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.zero(0, 2);
            }
        },
        ALLOCATE_0 {
            @Override
            void run(OverlayHarness harness) throws IOException {
                harness.allocateZeros(0, 1);
            }
        },
        COMMIT {
            @Override
            void run(OverlayHarness harness) {
                harness.commitNow();
            }
        },
        /** The commit is on its way while the next steps run. */
        COMMIT_LATER {
            @Override
            void run(OverlayHarness harness) {
                harness.commit();
            }
        };

        abstract void run(OverlayHarness harness) throws IOException;
    }

    /** A disk, what is on it, and what is done with it before the workload begins. */
    private record Start(SimFileSpace disk, SectorModel model, List<Step> prefix) {}

    private long images;

    @Test
    void shouldSurviveEveryShortWorkload() throws IOException {
        List<Start> starts = List.of(
                start(List.of(), List.of()),
                start(List.of(Step.WRITE_BOTH, Step.COMMIT, Step.ZERO_BOTH), List.of()),
                start(List.of(Step.WRITE_BOTH, Step.COMMIT, Step.ZERO_BOTH), List.of(Step.WRITE_BOTH, Step.COMMIT)));
        for (int length = 1; length <= MAX_STEPS; length++) {
            for (Start start : starts) {
                runAll(start, length);
            }
        }
        assertThat(images).isGreaterThan(40_000);
    }

    /** @param before steps that an earlier owner did before it closed the overlay */
    private static Start start(List<Step> before, List<Step> prefix) throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        for (Step step : before) {
            step.run(harness);
        }
        harness.close();
        return new Start(harness.disk(), harness.model(), prefix);
    }

    private void runAll(Start start, int length) throws IOException {
        int count = (int) Math.pow(Step.values().length, length);
        for (int workload = 0; workload < count; workload++) {
            List<Step> steps = new ArrayList<>();
            for (int i = 0, rest = workload; i < length; i++) {
                steps.add(Step.values()[rest % Step.values().length]);
                rest /= Step.values().length;
            }
            try {
                long cut = 0;
                while (crashAt(start, steps, cut)) {
                    cut++;
                }
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError(start.prefix() + " then " + steps + ": " + e, e);
            }
        }
    }

    /** False if the workload ends before the call. Its end is a power cut too. */
    private boolean crashAt(Start start, List<Step> steps, long cut) throws IOException {
        OverlayHarness crashed = opened(start);
        long first = crashed.disk().callCount();
        crashed.disk().hook(call -> {
            if (call.index() - first == cut) {
                throw new SimCrash("power cut at " + call);
            }
        });
        boolean reached = runToCrash(crashed, steps);
        AllChoices choices = new AllChoices(steps.size() < MAX_STEPS ? IMAGES_OF_SHORT : IMAGES_OF_LONG, cut);
        while (choices.next()) {
            OverlayHarness harness = new OverlayHarness(crashed.disk().crash(choices), PAGES);
            harness.model().adopt(crashed.model());
            harness.recover();
            harness.restart(harness.disk().crash(choices));
            harness.recover();
            images++;
        }
        return reached;
    }

    private static boolean runToCrash(OverlayHarness harness, List<Step> steps) throws IOException {
        try {
            for (Step step : steps) {
                step.run(harness);
            }
            harness.runAll();
            return false;
        } catch (SimCrash e) {
            return true;
        }
    }

    private static OverlayHarness opened(Start start) throws IOException {
        OverlayHarness harness = new OverlayHarness(start.disk().fork(), PAGES);
        harness.model().adopt(start.model());
        harness.open();
        harness.model().requireCurrent(harness.overlay());
        for (Step step : start.prefix()) {
            step.run(harness);
        }
        return harness;
    }
}
