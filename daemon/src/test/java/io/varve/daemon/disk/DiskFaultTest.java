package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import io.varve.daemon.io.sim.SimShortWrite;
import io.varve.daemon.overlay.SimOverlay;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every call of a disk's overlay fails once, while another disk on the same file system goes on. */
class DiskFaultTest {

    private static final String EIO = "input/output error";
    private static final Path BOB = DiskHarness.DIRECTORY.resolveSibling("bob");
    private static final List<DiskStep> LIFE = List.of(
            DiskStep.WRITE_SECTOR, DiskStep.WRITE_PAGE, DiskStep.FLUSH, DiskStep.WRITE_ACROSS, DiskStep.WRITE_FUA,
            DiskStep.ZEROES_SECTORS, DiskStep.ZEROES_ACROSS_NO_HOLE, DiskStep.ZEROES_FUA, DiskStep.TRIM,
            DiskStep.FLUSH, DiskStep.WRITE_ALL, DiskStep.TRIM_END, DiskStep.FLUSH, DiskStep.WRITE_END_FUA,
            DiskStep.ZEROES_ALL, DiskStep.FLUSH, DiskStep.WRITE_ALL, DiskStep.FLUSH);

    /** What became of one life. */
    private static final class Outcome {
        private DiskHarness alice;
        private SimCall failed;
        private final List<NbdError> errors = new ArrayList<>();
    }

    @Test
    void shouldTellTheClientAndTheStatusOfEveryCallThatFailed() throws IOException {
        int lives = 0;
        for (Outcome outcome = live(0, DiskFaultTest::fail); outcome.failed != null;
                outcome = live(++lives, DiskFaultTest::fail)) {
            DiskHarness alice = outcome.alice;
            assertThat(alice.core().overlayFailure()).as("%s", outcome.failed).contains(EIO)
                    .contains(DiskHarness.DIRECTORY.toString()).doesNotContain("\n");
            assertThat(outcome.errors).as("%s", outcome.failed).isNotEmpty().containsOnly(NbdError.EIO);
            requireRefused(alice);
            alice.requireCurrent();
            requireSurvives(alice);
        }
        assertThat(lives).isGreaterThan(40);
    }

    private static void fail(SimCall call) throws IOException {
        IOException failure = new IOException(EIO);
        throw call.kind() == SimCall.Kind.WRITE && call.index() % 2 == 0
                ? new SimShortWrite((int) call.length() / 3 / 512 * 512, failure)
                : failure;
    }

    private static void requireRefused(DiskHarness disk) throws IOException {
        for (DiskStep step : LIFE) {
            assertThat(step.send(disk)).as("%s", step).isEqualTo(NbdError.EIO);
        }
    }

    @Test
    void shouldTellTheClientThatThereIsNoSpaceAndGoOn() throws IOException {
        int lives = 0;
        int refused = 0;
        for (Outcome outcome = live(0, DiskFaultTest::fill); outcome.failed != null;
                outcome = live(++lives, DiskFaultTest::fill)) {
            DiskHarness alice = outcome.alice;
            boolean data = outcome.failed.path().endsWith("data") && outcome.failed.kind() != SimCall.Kind.SYNC;
            if (data) {
                assertThat(outcome.errors).as("%s", outcome.failed).containsExactly(NbdError.ENOSPC);
                refused++;
            }
            if (alice.core().overlayFailure() == null) {
                for (DiskStep step : LIFE) {
                    step.run(alice);
                }
            } else {
                assertThat(data).as("%s", outcome.failed).isFalse();
                requireRefused(alice);
            }
            alice.requireCurrent();
            requireSurvives(alice);
        }
        assertThat(lives).isGreaterThan(30);
        assertThat(refused).isGreaterThan(10);
    }

    private static void fill(SimCall call) throws IOException {
        if (call.kind() == SimCall.Kind.SYNC || call.kind() == SimCall.Kind.SYNC_DIRECTORY) {
            return;
        }
        NoSpaceException full = new NoSpaceException("no space left, or no quota", null);
        throw call.kind() == SimCall.Kind.WRITE && call.index() % 2 == 0
                ? new SimShortWrite((int) call.length() / 3 / 512 * 512, full)
                : full;
    }

    @Test
    void shouldFailTheReadAloneThatTheMediumRefuses() throws IOException {
        DiskHarness disk = new DiskHarness(new SimFileSpace(), SimOverlay.Kind.IN_PLACE);
        disk.open();
        DiskStep.WRITE_ALL.run(disk);
        disk.files().readHook(call -> {
            throw new IOException(EIO);
        });
        assertThat(disk.read()).isEqualTo(NbdError.EIO);
        assertThat(disk.core().overlayFailure()).isNull();
        disk.files().readHook(SimHook.NONE);
        for (DiskStep step : LIFE) {
            step.run(disk);
        }
        disk.requireCurrent();
        disk.close();
    }

    @Test
    void shouldCommitWhatCannotBeReadBackInPlace() throws IOException {
        for (DiskStep step : List.of(DiskStep.WRITE_PAGE, DiskStep.WRITE_FUA)) {
            DiskHarness disk = new DiskHarness(new SimFileSpace(), SimOverlay.Kind.SMALL);
            disk.open();
            for (DiskStep before : List.of(DiskStep.TRIM, DiskStep.FLUSH, DiskStep.TRIM_END, DiskStep.FLUSH)) {
                before.run(disk);
            }
            disk.files().readHook(call -> {
                throw new IOException(EIO);
            });
            step.run(disk);
            DiskStep.FLUSH.run(disk);
            disk.files().readHook(SimHook.NONE);
            disk.requireCurrent();
            requireSurvives(disk);
        }
    }

    /** Two clients do the same; the n-th call in the directory of one fails. */
    private static Outcome live(int failing, SimHook fault) throws IOException {
        SimFileSpace files = new SimFileSpace();
        Outcome outcome = new Outcome();
        outcome.alice = new DiskHarness(files, SimOverlay.Kind.IN_PLACE);
        outcome.alice.open();
        DiskHarness bob = new DiskHarness(files, SimOverlay.Kind.IN_PLACE, BOB);
        bob.open();
        int[] seen = new int[1];
        files.hook(call -> {
            if (call.path().startsWith(DiskHarness.DIRECTORY) && seen[0]++ == failing) {
                outcome.failed = call;
                fault.before(call);
            }
        });
        for (DiskStep step : LIFE) {
            NbdError error = step.send(outcome.alice);
            if (error != null) {
                outcome.errors.add(error);
            }
            step.run(bob);
        }
        files.hook(SimHook.NONE);
        bob.requireCurrent();
        bob.close();
        assertThat(bob.core().overlayFailure()).isNull();
        return outcome;
    }

    private static void requireSurvives(DiskHarness disk) throws IOException {
        for (long seed = 0; seed < 4; seed++) {
            DiskHarness after = new DiskHarness(
                    disk.files().crash(Chooser.random(new Random(seed))), disk.kind());
            after.model().adopt(disk.model());
            after.recover();
            after.close();
        }
    }
}
