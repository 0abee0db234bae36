package io.varve.daemon.cache;

import static io.varve.daemon.cache.TestCache.DIRECTORY;
import static io.varve.daemon.cache.TestCache.LAST;

import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.PowerCuts;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;

/**
 * Random lives of a small cache, with a power cut at every call: what is ready afterwards is there, byte for byte, and
 * its digest is known. While the disk is busy, other threads put, read, and do the upkeep; processes are killed in the
 * midst of a call, and go on with what the system remembers; files get lost.
 */
final class CacheCrashSuite implements Callable<Long> {

    private static final int SEEDS = 40;
    private static final int STEPS = 60;
    private static final int IMAGES_PER_CUT = 6;

    private final int seeds;
    private long imageCount;

    /** As much as it takes to find any rule that is broken. */
    CacheCrashSuite() {
        this(SEEDS);
    }

    CacheCrashSuite(int seeds) {
        this.seeds = seeds;
    }

    /** Answers the number of images. */
    @Override
    public Long call() throws IOException {
        for (long seed = 0; seed < seeds; seed++) {
            try {
                new Life(seed).run();
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e, e);
            }
        }
        return imageCount;
    }

    private final class Life {

        private final Random random;
        private final PowerCuts cuts;
        private TestCache test;
        /** What a process that was killed at some call has left; null if none was. */
        private SimFileSpace killed;

        Life(long seed) throws IOException {
            random = new Random(seed);
            cuts = new PowerCuts(IMAGES_PER_CUT, seed, this::examine);
            SimFileSpace disk = TestCache.freshDisk();
            watch(disk);
            test = TestCache.on(disk);
        }

        private void examine(SimFileSpace image) throws IOException {
            imageCount++;
            TestCache after = TestCache.on(image);
            after.requireSound();
            after.cache.close();
        }

        private void watch(SimFileSpace disk) {
            cuts.watch(disk);
            SimHook cut = disk.hook();
            disk.hook(call -> {
                cut.before(call);
                if (random.nextInt(20) == 0) {
                    killed = disk.fork();
                }
                if (test != null && test.disk == disk) {
                    requireNotReady(call);
                    meanwhile(call);
                }
            });
        }

        /** No reader may see a chunk while it is written. */
        private void requireNotReady(SimCall call) {
            if (call.kind() != SimCall.Kind.WRITE || !call.path().endsWith("data")) {
                return;
            }
            int last = Chunks.index(call.position() + call.length() - 1);
            for (int chunk = Chunks.index(call.position()); chunk <= last; chunk++) {
                if (test.cache.isReady(chunk)) {
                    throw new AssertionError("chunk " + chunk + " is ready and not written");
                }
            }
        }

        /** What other threads do. */
        private void meanwhile(SimCall call) throws IOException {
            int chance = call.kind() == SimCall.Kind.SYNC ? random.nextInt(6) : -1;
            if (chance == 0) {
                test.put(random.nextInt(LAST + 1));
            } else if (chance == 1) {
                test.disk.readHook(read -> {
                    throw new IOException("EIO");
                });
                test.readsRight(random.nextInt(LAST + 1));
                test.disk.readHook(SimHook.NONE);
            }
        }

        void run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            test.cache.close();
            cuts.cutAtEnd(test.disk);
        }

        private void step() throws IOException {
            int chunk = random.nextInt(LAST + 1);
            switch (random.nextInt(16)) {
                case 0 -> {
                    test.cache.close();
                    test.reopen();
                }
                case 1 -> goOn(test.disk.crash(Chooser.random(random)));
                case 2 -> {
                    if (killed != null) {
                        goOn(killed);
                        killed = null;
                    }
                }
                case 3 -> loseAFile();
                case 4, 5, 6 -> test.cache.upkeep();
                case 7 -> {
                    test.cache.pin(chunk, 1);
                    test.readsRight(chunk);
                    test.cache.unpin(chunk, 1);
                }
                default -> {
                    test.put(chunk, Math.min(LAST, chunk + random.nextInt(3)));
                    if (test.cache.wantsUpkeep()) {
                        test.cache.upkeep();
                    }
                    test.requireSound();
                }
            }
        }

        private void goOn(SimFileSpace disk) throws IOException {
            test = null;
            watch(disk);
            test = TestCache.on(disk);
            test.requireSound();
        }

        private void loseAFile() throws IOException {
            if (random.nextInt(3) == 0) {
                test.cache.close();
                Path file = DIRECTORY.resolve(List.of("data", "crc", "digests").get(random.nextInt(3)));
                test.disk.delete(file);
                test.disk.syncDirectory(DIRECTORY);
                test.reopen();
            }
        }
    }
}
