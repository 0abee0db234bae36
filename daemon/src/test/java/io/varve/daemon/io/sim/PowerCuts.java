package io.varve.daemon.io.sim;

import java.io.IOException;
import java.util.Random;

/**
 * Looks at what a power cut would leave, at every call that changes a disk, while what makes the calls goes on as if
 * nothing had happened. So one run of a workload is cut everywhere.
 *
 * <p>An image that is taken before a call holds any part of what was not synced until then. What a cut in the midst
 * of a call may leave is among the images of the next one, where the call is not synced either; a sync that was cut
 * short leaves what there is before it.
 *
 * <p>Owned by one test.
 */
public final class PowerCuts {

    /** What a test does with a disk when the power comes back. */
    @FunctionalInterface
    public interface Examiner {
        void examine(SimFileSpace image) throws IOException;
    }

    private final int imagesPerCut;
    private final Examiner examiner;
    private final Random random;
    private int callsPerCut = 1;
    private long imageCount;
    private String lastCut = "before the first call";

    /**
     * @param imagesPerCut at most so many of the states that a cut may leave; where there are more, half of them in
     *                     order and half by chance; one is by chance
     */
    public PowerCuts(int imagesPerCut, long seed, Examiner examiner) {
        this.imagesPerCut = imagesPerCut;
        this.random = new Random(seed);
        this.examiner = examiner;
    }

    /** Only one call in so many is a cut, by chance. */
    public PowerCuts oneCallIn(int count) {
        callsPerCut = count;
        return this;
    }

    /** From now on every call is a cut. */
    public void watch(SimFileSpace disk) {
        disk.hook(call -> {
            if (random.nextInt(callsPerCut) == 0) {
                lastCut = "before " + call;
                cut(disk);
            }
        });
    }

    /** One more cut, for what comes after the last call. */
    public void cutAtEnd(SimFileSpace disk) {
        lastCut = "at the end";
        cut(disk);
    }

    /** A failure must not be taken for one of the disk, with which the code that is under way could live. */
    private void cut(SimFileSpace disk) {
        if (imagesPerCut == 1) {
            examine(disk.crash(Chooser.random(random)));
            return;
        }
        AllChoices choices = new AllChoices(imagesPerCut, random.nextLong());
        while (choices.next()) {
            examine(disk.crash(choices));
        }
    }

    private void examine(SimFileSpace image) {
        imageCount++;
        try {
            examiner.examine(image);
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("power cut " + lastCut + ": " + e, e);
        }
    }

    /** How many images were looked at. */
    public long imageCount() {
        return imageCount;
    }
}
