package io.varve.daemon.store;

import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Every short sequence of what a client and commands do to a store, once the client has written something, cut at
 * every call. Images that were published read as they must, those that were under way are whole or absent, the client
 * has what it flushed or something newer, all of that is the same after another cut, and the step that was cut short
 * can be done again.
 */
final class StoreCrashSuite implements Callable<Long> {

    private static final int REDUCED_STEPS = 2;
    /** Of what the last call leaves, with all lost that was not synced among them. */
    private static final int IMAGES_AT_END = 4;
    /** After one cut in so many the step is done again. */
    private static final int CUTS_PER_REPETITION = 9;

    private final int maxSteps;
    private final int callsPerCut;
    private long imageCount;
    private long repetitionCount;

    /** As much as it takes to find any rule that is broken. */
    StoreCrashSuite() {
        this(REDUCED_STEPS, 1);
    }

    /** @param callsPerCut sequences of all steps are cut at one call in so many; shorter ones at all */
    StoreCrashSuite(int maxSteps, int callsPerCut) {
        this.maxSteps = maxSteps;
        this.callsPerCut = callsPerCut;
    }

    /** Answers the number of images. */
    @Override
    public Long call() throws IOException {
        walk(StoreHarness.create(), new ArrayList<>(), StoreStep.WRITE_FLUSH);
        return imageCount;
    }

    /** How often a step that was cut short was done again. */
    long repetitionCount() {
        return repetitionCount;
    }

    private void walk(StoreHarness before, List<StoreStep> steps, StoreStep next) throws IOException {
        steps.add(next);
        StoreHarness harness = before.on(before.disk().fork());
        boolean done;
        try {
            done = run(harness, steps, next);
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(steps + ": " + e, e);
        }
        if (done && steps.size() < maxSteps) {
            for (StoreStep step : StoreStep.values()) {
                walk(harness, steps, step);
            }
        }
        steps.remove(steps.size() - 1);
    }

    /** False if the step has nothing to do. */
    private boolean run(StoreHarness harness, List<StoreStep> steps, StoreStep next) throws IOException {
        PowerCuts cuts = new PowerCuts(1, imageCount, image -> check(harness, next, image));
        cuts.oneCallIn(steps.size() < maxSteps ? 1 : callsPerCut);
        harness.watch(cuts);
        if (!next.run(harness)) {
            return false;
        }
        PowerCuts atEnd = new PowerCuts(IMAGES_AT_END, imageCount, image -> check(harness, next, image));
        atEnd.cutAtEnd(harness.disk());
        harness.requireSurvived();
        imageCount += cuts.imageCount() + atEnd.imageCount();
        return true;
    }

    private void check(StoreHarness crashed, StoreStep step, SimFileSpace image) throws IOException {
        StoreHarness harness = crashed.on(image);
        harness.requireSurvived();
        PowerCuts again = new PowerCuts(1, imageCount, second -> harness.on(second).requireSurvived());
        again.cutAtEnd(image);
        imageCount++;
        if (imageCount % CUTS_PER_REPETITION == 0) {
            harness.beginAgain();
            step.run(harness);
            harness.requireSurvived();
            repetitionCount++;
        }
    }
}
