package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power goes, again and again, in a machine whose disk holds the store: daemon, kernel and page cache are gone at
 * once. Invariants: the file system in the export is whole after the replay of its journal, and holds all that it had
 * acknowledged.
 */
class PowerCutGuestIT {

    private static final long SEED = 20_731;
    private static final int CUT_COUNT = 12;
    private static final int MAX_ACKNOWLEDGEMENTS = 120;
    private static final int MAX_DELAY_MS = 60;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    void shouldKeepWhatWasAcknowledgedWhenThePowerGoes() throws IOException {
        Random random = new Random(SEED);
        PowerCutMachine machine = new PowerCutMachine(directory);
        machine.bootAndKeep();
        for (int cut = 1; cut <= CUT_COUNT; cut++) {
            long seed = random.nextInt(1_000_000);
            String what = "power cut " + cut + " of " + CUT_COUNT + ", seed " + seed;
            String console = writeUntilCut(machine, seed, random);
            Path here = Files.createDirectory(directory.resolve("cut-" + cut));
            Path inner = copyOut(machine.recoverStore(here), here.resolve("inner.ext4"));
            boolean replayed = FileSystemCheck.replay(inner);
            FileSystemCheck.requireNothingToRepair(inner);
            PowerCutMachine.extract(inner, here.resolve("files"));
            int compared = new PowerCutOracle(seed, console).check(here.resolve("files"));
            System.out.println(what + ": " + PowerCutOracle.acknowledgementCount(console) + " acknowledged steps, "
                    + (replayed ? "journal replayed" : "journal empty") + ", nothing to repair, " + compared
                    + " files and pages as acknowledged");
            assertThat(compared).as(what).isPositive();
            Tool.run("rm", "-r", here);
        }
    }

    /** @return what the console showed */
    private static String writeUntilCut(PowerCutMachine machine, long seed, Random random) {
        int enough = 1 + random.nextInt(MAX_ACKNOWLEDGEMENTS);
        long delayNs = Duration.ofMillis(random.nextInt(MAX_DELAY_MS)).toNanos();
        try (Guest guest = machine.resume(seed)) {
            Await.until("acknowledged steps", PATIENCE, () -> {
                assertThat(guest.console()).doesNotContain(PowerCutWriter.FAILED);
                return PowerCutOracle.acknowledgementCount(guest.console()) >= enough;
            }, guest::console);
            long enoughNs = System.nanoTime();
            Await.until("the cut", PATIENCE, () -> System.nanoTime() - enoughNs >= delayNs, guest::console);
            guest.close();
            return guest.console();
        }
    }

    /** The overlay recovers under a daemon of this machine, and the client's disk is read through it. */
    private static Path copyOut(Path store, Path copy) {
        Varve varve = new Varve(store);
        try (Daemon daemon = varve.serve()) {
            Tool.run("nbdcopy", daemon.uri(PowerCutMachine.EXPORT), copy);
        }
        varve.run("verify");
        return copy;
    }
}
