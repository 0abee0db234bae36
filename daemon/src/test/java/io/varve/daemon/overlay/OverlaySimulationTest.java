package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Long random lives of an overlay: writes, commits, power cuts at any call, killed daemons, power cuts during
 * recovery, syncs that fail, in any interleaving of agent and worker. The oracle is {@link SectorModel}.
 */
class OverlaySimulationTest {

    private static final int SEEDS = 800;
    private static final int INCARNATIONS = 6;
    private static final int LONG_SEEDS = 8;
    private static final int LONG_INCARNATIONS = 150;

    @Test
    void shouldKeepWhatWasCommittedOverManyLives() throws IOException {
        int crashes = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            crashes += live(seed, INCARNATIONS);
        }
        System.out.println("OverlaySimulationTest: " + crashes + " crash images of many lives");
        assertThat(crashes).as("lives that ended by a power cut").isGreaterThan(SEEDS);
    }

    /** Thousands of operations on one overlay each. */
    @Test
    void shouldKeepWhatWasCommittedOverLongLives() throws IOException {
        int crashes = 0;
        for (long seed = SEEDS; seed < SEEDS + LONG_SEEDS; seed++) {
            crashes += live(seed, LONG_INCARNATIONS);
        }
        System.out.println("OverlaySimulationTest: " + crashes + " crash images of long lives");
        assertThat(crashes).as("incarnations that ended by a power cut").isGreaterThan(LONG_SEEDS * 20);
    }

    private static int live(long seed, int incarnations) {
        try {
            return new Life(seed).run(incarnations);
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e, e);
        }
    }

    /** Several incarnations of one overlay. */
    private static final class Life {

        private static final int STEPS = 60;
        private static final String EIO = "input/output error";

        private final Random random;
        private final Chooser chooser;
        private final OverlayHarness harness;
        private final boolean interleave;
        private int callsToCrash;
        private int crashes;
        private boolean closing;
        private boolean failSync;

        Life(long seed) {
            random = new Random(seed);
            chooser = Chooser.random(random);
            interleave = random.nextBoolean();
            int pageCount = 1 + random.nextInt(8);
            int firstPage = random.nextInt(3) == 0 ? StateMap.REGION_PAGES - pageCount / 2 : 0;
            harness = new OverlayHarness(new SimFileSpace(), firstPage, pageCount, OverlayHarness.SMALL);
        }

        int run(int incarnations) throws IOException {
            prepare(harness.disk());
            for (int i = 0; i < incarnations; i++) {
                try {
                    openAtLast();
                    for (int step = random.nextInt(STEPS); step >= 0; step--) {
                        step();
                    }
                    end();
                } catch (SimCrash e) {
                    crashes++;
                    restart(harness.disk().crash(chooser));
                }
            }
            callsToCrash = -1;
            failSync = false;
            harness.recover();
            closing = true;
            harness.close();
            assertThat(harness.disk().openCount()).isZero();
            return crashes;
        }

        /** A daemon that cannot recover gives up, and is started again. */
        private void openAtLast() throws IOException {
            while (true) {
                try {
                    harness.recover();
                    return;
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining(EIO);
                    assertThat(harness.disk().openCount()).isZero();
                }
            }
        }

        private void prepare(SimFileSpace disk) {
            closing = false;
            failSync = random.nextInt(3) == 0;
            disk.chooser(chooser);
            callsToCrash = random.nextInt(4) == 0 ? -1 : random.nextInt(70);
            disk.hook(this::beforeCall);
            int residency = random.nextInt(3);
            disk.residency(length -> switch (residency) {
                case 0 -> length;
                case 1 -> random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(length);
                default -> random.nextInt(2) * length;
            });
        }

        private void restart(SimFileSpace disk) {
            prepare(disk);
            harness.restart(disk);
        }

        private void beforeCall(SimCall call) throws IOException {
            if (callsToCrash-- == 0) {
                throw new SimCrash("power cut at " + call);
            }
            if (call.kind() == SimCall.Kind.SYNC && failSync && random.nextInt(20) == 0) {
                throw new IOException(EIO);
            }
            if (interleave && !closing && harness.inWorker() && random.nextInt(3) == 0) {
                act();
            }
        }

        /** The daemon ends in one of the ways without a power cut. */
        private void end() throws IOException {
            if (random.nextBoolean()) {
                harness.runAll();
                harness.requireCurrent();
                closing = true;
                harness.close();
                assertThat(failSync || !harness.overlay().failed()).as(harness.overlay().failure()).isTrue();
                assertThat(harness.disk().openCount()).isZero();
                if (random.nextBoolean()) {
                    restart(harness.disk());
                } else {
                    prepare(harness.disk());
                }
            } else {
                restart(harness.disk().fork());
            }
        }

        private void step() throws IOException {
            switch (random.nextInt(8)) {
                case 0, 1 -> harness.runWorker();
                case 2 -> harness.runOwner();
                case 3 -> harness.runAll();
                default -> act();
            }
        }

        private void act() throws IOException {
            if (harness.overlay().failed()) {
                harness.commit();
                harness.requireCurrent();
                return;
            }
            int page = random.nextInt(harness.pageCount());
            int count = 1 + random.nextInt(harness.pageCount() - page);
            switch (random.nextInt(9)) {
                case 0, 1 -> harness.write(page, 1);
                case 2 -> harness.write(page, count);
                case 3, 4 -> {
                    int sector = random.nextInt(harness.pageCount() * SectorModel.SECTORS_PER_PAGE);
                    harness.overwrite(sector, Math.min(1 + random.nextInt(10),
                            harness.pageCount() * SectorModel.SECTORS_PER_PAGE - sector));
                }
                case 5 -> harness.zero(page, count);
                case 6 -> harness.allocateZeros(page, count);
                case 7 -> harness.commit();
                default -> harness.requireCurrent();
            }
        }
    }
}
