package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SectorModel;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import io.varve.daemon.io.sim.SimShortWrite;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every call that can fail fails once, in a life that uses all kinds of calls. */
class OverlayFaultTest {

    private static final int PAGES = 12;
    private static final int STEPS = 80;
    private static final Set<SimCall.Kind> STORES =
            Set.of(SimCall.Kind.WRITE, SimCall.Kind.ZERO, SimCall.Kind.TRUNCATE, SimCall.Kind.CREATE);

    /** What became of one life. */
    private static final class Outcome {
        private SimCall failed;
        private int refusedWrites;
        private int refusedCommits;
        private OverlayHarness harness;
    }

    @Test
    void shouldStayFailedAfterAnySyncThatFailedOnce() throws IOException {
        int lives = 0;
        while (true) {
            int index = lives;
            Outcome outcome = live(index, Set.of(SimCall.Kind.SYNC), call -> {
                throw new IOException("input/output error");
            });
            if (outcome.failed == null) {
                break;
            }
            Overlay overlay = outcome.harness.overlay();
            assertThat(overlay.failed()).as("%s", outcome.failed).isTrue();
            assertThat(overlay.failure()).contains("input/output error").contains("overlay");
            requireWritesRefused(overlay);
            assertThat(outcome.harness.commitNow()).as("%s", outcome.failed).isNotNull();
            outcome.harness.requireCurrent();
            requireSurvives(outcome);
            lives++;
        }
        assertThat(lives).isGreaterThan(20);
    }

    private static void requireWritesRefused(Overlay overlay) {
        assertThatThrownBy(() -> overlay.writePages(0, 1, Buffers.alignedDirect(4096), 0))
                .hasMessageContaining("input/output error");
        assertThatThrownBy(() -> overlay.overwrite(0, 1, Buffers.alignedDirect(4096), 0))
                .hasMessageContaining("input/output error");
        assertThatThrownBy(() -> overlay.zeroPages(0, 1)).hasMessageContaining("input/output error");
        assertThatThrownBy(() -> overlay.allocateZeroPages(0, 1)).hasMessageContaining("input/output error");
    }

    @Test
    void shouldFailForGoodAfterAnyWriteThatFailed() throws IOException {
        int lives = 0;
        while (true) {
            int index = lives;
            Outcome outcome = live(index, STORES, call -> {
                throw call.kind() == SimCall.Kind.WRITE && index % 2 == 0
                        ? new SimShortWrite((int) call.length() / 3 / 512 * 512, new IOException("input/output error"))
                        : new IOException("input/output error");
            });
            if (outcome.failed == null) {
                break;
            }
            assertThat(outcome.harness.overlay().failed()).as("%s", outcome.failed).isTrue();
            outcome.harness.requireCurrent();
            requireSurvives(outcome);
            lives++;
        }
        assertThat(lives).isGreaterThan(60);
    }

    @Test
    void shouldOnlyRefuseTheWriteThatFindsNoSpace() throws IOException {
        int lives = 0;
        while (true) {
            int index = lives;
            Outcome outcome = live(index, STORES, call -> {
                NoSpaceException full = new NoSpaceException("no space left", null);
                throw call.kind() == SimCall.Kind.WRITE && index % 2 == 0
                        ? new SimShortWrite((int) call.length() / 3 / 512 * 512, full)
                        : full;
            });
            if (outcome.failed == null) {
                break;
            }
            String file = outcome.failed.path().getFileName().toString();
            boolean atWrite = file.equals("data")
                    || file.startsWith("map") && outcome.failed.kind() != SimCall.Kind.WRITE;
            boolean whilePreparing = file.equals("jrnl") && outcome.refusedCommits == 0;
            if (atWrite || whilePreparing) {
                assertThat(outcome.harness.overlay().failed()).as("%s", outcome.failed).isFalse();
                assertThat(outcome.refusedWrites).as("%s", outcome.failed).isEqualTo(atWrite ? 1 : 0);
                assertThat(outcome.refusedCommits).as("%s", outcome.failed).isZero();
                assertThat(outcome.harness.commitNow()).isNull();
            } else {
                assertThat(outcome.harness.overlay().failed()).as("%s", outcome.failed).isTrue();
            }
            outcome.harness.requireCurrent();
            requireSurvives(outcome);
            lives++;
        }
        assertThat(lives).isGreaterThan(60);
    }

    @Test
    void shouldCommitOnAFullDisk() throws IOException {
        int refused = 0;
        for (int space = 0; space < 30; space++) {
            OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
            harness.open();
            harness.disk().limitSpace(harness.disk().allocatedPages() + space);
            Outcome outcome = run(harness, new Random(space));
            assertThat(outcome.refusedCommits).as("%d pages of space", space).isZero();
            assertThat(harness.overlay().failed()).as("%d pages of space", space).isFalse();
            refused += outcome.refusedWrites;
            harness.requireCurrent();
            outcome.harness = harness;
            requireSurvives(outcome);
        }
        assertThat(refused).isGreaterThan(30);
    }

    @Test
    void shouldGiveRoomToTheJournalWhenSpaceComesBack() throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        harness.disk().limitSpace(harness.disk().allocatedPages() + 3);
        harness.write(0, 1);
        assertThat(harness.commitNow()).isNull();
        harness.write(1, 1);
        assertThat(harness.commitNow()).isNull();
        harness.disk().limitSpace(Long.MAX_VALUE);
        harness.write(2, 1);
        assertThat(harness.commitNow()).isNull();
        List<String> syncs = new ArrayList<>();
        harness.disk().hook(call -> {
            if (call.kind() == SimCall.Kind.SYNC) {
                syncs.add(call.path().getFileName().toString());
            }
        });
        harness.write(3, 1);
        assertThat(harness.commitNow()).isNull();
        assertThat(syncs.get(0)).isEqualTo("jrnl");
    }

    /** Runs a life in which the n-th call of those kinds fails. */
    private static Outcome live(int failing, Set<SimCall.Kind> kinds, SimHook fault) throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        Outcome[] running = {new Outcome()};
        int[] seen = new int[1];
        harness.disk().hook(call -> {
            if (kinds.contains(call.kind()) && seen[0]++ == failing) {
                running[0].failed = call;
                fault.before(call);
            }
        });
        Outcome outcome = run(harness, new Random(7));
        outcome.failed = running[0].failed;
        outcome.harness = harness;
        return outcome;
    }

    private static Outcome run(OverlayHarness harness, Random random) throws IOException {
        Outcome outcome = new Outcome();
        for (int step = 0; step < STEPS; step++) {
            int page = random.nextInt(PAGES);
            int count = 1 + random.nextInt(Math.min(6, PAGES - page));
            int choice = random.nextInt(7);
            try {
                switch (choice) {
                    case 0, 1 -> harness.write(page, count);
                    case 2 -> harness.overwrite(page * SectorModel.SECTORS_PER_PAGE + 3, 4);
                    case 3 -> harness.zero(page, count);
                    case 4 -> harness.allocateZeros(page, count);
                    default -> outcome.refusedCommits += harness.commitNow() == null ? 0 : 1;
                }
            } catch (IOException e) {
                outcome.refusedWrites++;
            }
        }
        harness.runAll();
        return outcome;
    }

    private static void requireSurvives(Outcome outcome) throws IOException {
        for (long seed = 0; seed < 4; seed++) {
            OverlayHarness after = new OverlayHarness(
                    outcome.harness.disk().crash(Chooser.random(new Random(seed))), PAGES);
            after.model().adopt(outcome.harness.model());
            after.recover();
            after.close();
            assertThat(after.overlay().failed()).isFalse();
        }
    }

    @Test
    void shouldGoOnPunchingNothingWhenHolesFindNoSpace() throws IOException {
        OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
        harness.open();
        harness.write(0, 8);
        assertThat(harness.commitNow()).isNull();
        harness.disk().hook(call -> {
            if (call.kind() == SimCall.Kind.PUNCH) {
                throw new NoSpaceException("no space to split an extent", null);
            }
        });
        harness.zero(0, 8);
        assertThat(harness.commitNow()).isNull();
        assertThat(harness.overlay().failed()).isFalse();
        harness.disk().hook(call -> {
            if (call.kind() == SimCall.Kind.PUNCH) {
                throw new IOException("input/output error");
            }
        });
        harness.write(0, 8);
        harness.zero(0, 8);
        assertThat(harness.commitNow()).isNull();
        assertThat(harness.overlay().failed()).isTrue();
    }
}
