package io.varve.daemon.cache;

import static io.varve.daemon.cache.TestCache.LAST;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import io.varve.daemon.io.sim.SimShortWrite;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A call of the disk fails, each in turn, once or from then on: no reader notices, and no crash later. */
class CacheFaultTest {

    private static final int CRASHES = 8;

    enum Fault {
        ONCE,
        FROM_NOW_ON,
        FULL,
        SHORT_WRITE;

        void strike(SimCall call, long at) throws IOException {
            if (call.index() < at || call.index() > at && this != FROM_NOW_ON && this != FULL) {
                return;
            }
            switch (this) {
                case FULL -> {
                    if (call.kind() == SimCall.Kind.WRITE || call.kind() == SimCall.Kind.CREATE) {
                        throw new NoSpaceException("full", null);
                    }
                }
                case SHORT_WRITE -> {
                    if (call.kind() == SimCall.Kind.WRITE) {
                        throw new SimShortWrite((int) call.length() / 2, new IOException("EIO, half-way"));
                    }
                }
                default -> throw new IOException("EIO");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldNotLetAnybodyNotice(Fault fault) throws IOException {
        SimFileSpace whole = TestCache.freshDisk();
        live(whole);
        long calls = whole.callCount();
        assertThat(calls).isGreaterThan(60);
        for (long at = 0; at < calls; at++) {
            SimFileSpace disk = TestCache.freshDisk();
            long failing = at;
            disk.hook(call -> fault.strike(call, failing));
            try {
                live(disk);
                disk.hook(SimHook.NONE);
                requireSoundAfter(disk, at);
            } catch (IOException | AssertionError e) {
                throw new AssertionError("call " + at + " failed: " + e, e);
            }
        }
    }

    /** Opens, takes in, evicts, closes, twice; reads all the time. */
    private static void live(SimFileSpace disk) throws IOException {
        for (int first : new int[] {0, 3}) {
            TestCache test = TestCache.on(disk);
            test.requireSound();
            for (int chunk = first; chunk <= LAST; chunk++) {
                boolean kept = test.put(chunk);
                assertThat(test.cache.isReady(chunk)).isEqualTo(kept);
                assertThat(test.readsRight(chunk)).isEqualTo(kept);
                if (test.cache.wantsUpkeep()) {
                    test.cache.upkeep();
                }
            }
            test.requireSound();
            test.cache.close();
            assertThat(disk.openCount()).isZero();
        }
    }

    private static void requireSoundAfter(SimFileSpace disk, long seed) throws IOException {
        for (Chooser chooser : List.of(Chooser.LOSE_ALL, Chooser.KEEP_ALL)) {
            TestCache.on(disk.crash(chooser)).requireSound();
        }
        Random random = new Random(seed);
        for (int i = 0; i < CRASHES; i++) {
            TestCache.on(disk.crash(Chooser.random(random))).requireSound();
        }
        TestCache.on(disk.fork()).requireSound();
    }

    @Test
    void shouldNotBelieveWhatAFailedSyncLeft() throws IOException {
        for (long seed = 0; seed < 200; seed++) {
            SimFileSpace disk = TestCache.freshDisk();
            TestCache test = TestCache.on(disk);
            test.put(0, 3);
            Random random = new Random(seed);
            long at = disk.callCount() + random.nextInt(4);
            disk.hook(call -> {
                if (call.kind() == SimCall.Kind.SYNC && call.index() >= at) {
                    throw new IOException("EIO");
                }
            });
            test.cache.upkeep();
            disk.hook(SimHook.NONE);
            disk.chooser(Chooser.random(random));
            for (String name : List.of("data", "crc", "digests")) {
                try (BlockFile file = disk.open(TestCache.DIRECTORY.resolve(name), OpenMode.READ)) {
                    file.advise(BlockFile.Advice.DONT_NEED, 0, 0);
                }
            }

            test.requireSound();
            test.cache.close();
            TestCache.on(disk).requireSound();
        }
    }
}
