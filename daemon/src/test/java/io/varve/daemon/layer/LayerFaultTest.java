package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import io.varve.daemon.io.sim.SimShortWrite;
import java.io.IOException;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Every call of writing and of reading a layer fails once: the caller is told, and a second attempt succeeds. */
class LayerFaultTest {

    private final TestDisk disk = TestDisk.empty(200_000).changed(new Random(4), 200_000);

    @Test
    void shouldSealAgainAfterAnyCallThatFailed() throws IOException {
        failEverywhere(() -> new IOException("input/output error"));
    }

    @Test
    void shouldSealAgainAfterAnyCallThatFoundNoSpaceOrNoQuota() throws IOException {
        failEverywhere(() -> new NoSpaceException("no space left, or no quota", null));
    }

    private void failEverywhere(Supplier<IOException> failure) throws IOException {
        LayerId id = TestLayers.seal(TestLayers.store(), TestLayers.LAYERS, disk, null, new Random(1));
        long first = TestLayers.store().callCount();
        int failures = 0;
        int calls = 0;
        boolean reached = true;
        for (long at = first; reached; at++) {
            SimFileSpace space = TestLayers.store();
            long failing = at;
            boolean[] seen = new boolean[1];
            space.hook(call -> {
                if (call.index() == failing) {
                    seen[0] = true;
                    throw call.kind() == SimCall.Kind.WRITE && failing % 2 == 0
                            ? new SimShortWrite((int) call.length() / 3, failure.get())
                            : failure.get();
                }
            });
            failures += sealOnce(space, id, seen);
            reached = seen[0];
            calls += reached ? 1 : 0;
            space.hook(SimHook.NONE);
            requireWholeOrAbsent(space, id, at);
            requireWholeOrAbsent(space.crash(Chooser.random(new Random(at))), id, at);
        }
        assertThat(failures).as("every call that failed was told").isEqualTo(calls).isGreaterThan(20);
    }

    /** Answers 1 if it failed. */
    private int sealOnce(SimFileSpace space, LayerId id, boolean[] seen) {
        try {
            assertThat(TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1))).isEqualTo(id);
            return 0;
        } catch (IOException e) {
            assertThat(seen[0]).as("%s", e).isTrue();
            return 1;
        } finally {
            assertThat(space.openCount()).isZero();
        }
    }

    private void requireWholeOrAbsent(SimFileSpace space, LayerId id, long at) throws IOException {
        if (space.exists(LayerFiles.manifest(TestLayers.LAYERS, id))) {
            assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> { }).check(id)).as("call %d", at).isEmpty();
        }
        assertThat(TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(2))).as("call %d", at)
                .isEqualTo(id);
        assertThat(new Scrub(space, TestLayers.LAYERS, bytes -> { }).check(id)).as("call %d", at).isEmpty();
    }

    @Test
    void shouldTellWhichReadFailedAndReadAgain() throws IOException {
        SimFileSpace space = TestLayers.store();
        LayerId id = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        int failures = 0;
        int reads = 0;
        boolean reached = true;
        for (int at = 0; reached; at++) {
            int failing = at;
            int[] seen = new int[1];
            space.readHook(call -> {
                if (seen[0]++ == failing) {
                    throw new IOException(call.path() + ": input/output error");
                }
            });
            try {
                requireReadable(space, id);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("input/output error").hasMessageContaining("/");
                failures++;
            }
            reached = seen[0] > failing;
            reads += reached ? 1 : 0;
            assertThat(space.openCount()).isZero();
            space.readHook(SimHook.NONE);
        }
        assertThat(failures).as("every read that failed was told").isEqualTo(reads).isPositive();
        assertThat(space.list(TestLayers.TMP)).isEmpty();
        requireReadable(space, id);
    }

    private void requireReadable(SimFileSpace space, LayerId id) throws IOException {
        try (Chain chain = TestLayers.open(space, TestLayers.LAYERS, disk, id)) {
            assertThat(TestLayers.readAll(chain)).isEqualTo(disk.range(0, (int) disk.size));
        }
    }
}
