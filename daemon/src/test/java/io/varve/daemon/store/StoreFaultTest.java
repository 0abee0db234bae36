package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimHook;
import io.varve.daemon.io.sim.SimShortWrite;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call of every command fails once. The command says so, or did not need it; nothing that was there is lost,
 * also if the power goes then; and the command can be repeated.
 */
class StoreFaultTest {

    private static final List<StoreStep> BEFORE = List.of(StoreStep.WRITE_FLUSH, StoreStep.COMMIT, StoreStep.ZERO_FLUSH,
            StoreStep.SNAPSHOT, StoreStep.WRITE_FLUSH);

    @ParameterizedTest
    @EnumSource(value = StoreStep.class, names = {"RESET", "COMMIT", "SNAPSHOT", "SEAL", "MERGE", "FLATTEN", "REMOVE",
        "GC"})
    void shouldLoseNothingWhenACallFails(StoreStep step) throws IOException {
        failEverywhere(step, () -> new IOException("input/output error"));
    }

    @ParameterizedTest
    @EnumSource(value = StoreStep.class, names = {"RESET", "COMMIT", "SNAPSHOT", "SEAL", "MERGE", "FLATTEN", "REMOVE",
        "GC"})
    void shouldLoseNothingWhenThereIsNoSpaceOrNoQuota(StoreStep step) throws IOException {
        failEverywhere(step, () -> new NoSpaceException("no space left, or no quota", null));
    }

    @ParameterizedTest
    @EnumSource(value = StoreStep.class, names = {"RESET", "COMMIT", "SNAPSHOT", "SEAL", "MERGE", "FLATTEN", "REMOVE",
        "GC"})
    void shouldLoseNothingWhenAReadFails(StoreStep step) throws IOException {
        StoreHarness start = start();
        boolean reached = true;
        for (int index = 0; reached; index++) {
            StoreHarness harness = start.on(start.disk().fork());
            int failing = index;
            int[] seen = new int[1];
            harness.disk().readHook(call -> {
                if (seen[0]++ == failing) {
                    throw new IOException("input/output error");
                }
            });
            reached = goOnAfter(harness, step, index, () -> seen[0] > failing);
        }
    }

    private static StoreHarness start() throws IOException {
        StoreHarness start = StoreHarness.create();
        for (StoreStep before : BEFORE) {
            before.run(start);
        }
        return start;
    }

    private static void failEverywhere(StoreStep step, Supplier<IOException> failure) throws IOException {
        StoreHarness start = start();
        boolean reached = true;
        for (int index = 0; reached; index++) {
            StoreHarness harness = start.on(start.disk().fork());
            int failing = index;
            boolean[] seen = new boolean[1];
            harness.disk().hook(call -> {
                if (call.index() == failing) {
                    seen[0] = true;
                    fail(call, failure.get());
                }
            });
            reached = goOnAfter(harness, step, index, () -> seen[0]);
        }
    }

    /** Answers whether the step came to the call that fails. */
    private static boolean goOnAfter(StoreHarness harness, StoreStep step, int index, BooleanSupplier reached)
            throws IOException {
        try {
            try {
                step.run(harness);
            } catch (IOException e) {
                assertThat(reached.getAsBoolean()).as("%s", e).isTrue();
            }
            harness.disk().hook(SimHook.NONE);
            harness.disk().readHook(SimHook.NONE);
            harness.on(harness.disk().crash(Chooser.random(new Random(index)))).requireSurvived();
            harness.requireSurvived();
            harness.beginAgain();
            step.run(harness);
            harness.requireSurvived();
            return reached.getAsBoolean();
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("call " + index + " of " + step + ": " + e, e);
        }
    }

    private static void fail(SimCall call, IOException failure) throws IOException {
        throw call.kind() == SimCall.Kind.WRITE && call.index() % 2 == 0
                ? new SimShortWrite((int) call.length() / 3, failure)
                : failure;
    }
}
