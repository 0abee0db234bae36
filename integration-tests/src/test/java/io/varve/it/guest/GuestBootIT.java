package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Json;
import io.varve.it.tool.Served;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job, end to end: a real system boots from its own overlay, and the next boot is served ahead of time. */
class GuestBootIT {

    private static final String LOGIN = "guest login: ";
    private static final String PROMPT = "root@guest:~# ";

    @TempDir
    Path directory;

    @Test
    void shouldBootTheSecondTimeFromMemoryAndFindItsFile() {
        try (Served served = Served.image(directory, GuestFiles.debianRoot())) {
            try (Guest guest = boot(served, "alice", "first")) {
                logIn(guest);
                guest.types("echo ebb and flow > /var/note; sync; echo note-$((40 + 2))");
                guest.awaits("note-42");
                powerOff(guest);
            }
            awaitLearned(served);
            long[] before = bootReads(served);

            try (Guest guest = boot(served, "alice", "second")) {
                logIn(guest);
                assertMostReadsWerePrefetched(served, before);
                assertThat(noteIn(guest)).contains("ebb and flow");
                powerOff(guest);
            }
            try (Guest guest = boot(served, "bob", "third")) {
                logIn(guest);
                assertThat(noteIn(guest)).doesNotContain("ebb and flow").contains("No such file");
                powerOff(guest);
            }
        }
    }

    private Guest boot(Served served, String client, String console) {
        return Guest.boot(
                directory.resolve("console-" + console), GuestFiles.diskInitrd(), "",
                "-blockdev", "driver=nbd,node-name=disk,server.type=unix,server.path=" + served.daemon().socket()
                        + ",export=disk@" + client + ",cache.direct=on,discard=unmap",
                "-device", "virtio-blk-pci,drive=disk");
    }

    private static void logIn(Guest guest) {
        guest.awaits(LOGIN);
        guest.types("root");
        guest.awaits(PROMPT);
    }

    /** What the shell says when asked for the note. */
    private static String noteIn(Guest guest) {
        guest.types("cat /var/note; echo asked-$((40 + 2))");
        return guest.awaits("asked-42");
    }

    private static void powerOff(Guest guest) {
        guest.types("poweroff");
        guest.awaitsPowerOff();
    }

    private static void awaitLearned(Served served) {
        Await.until(
                "a learned boot",
                Duration.ofSeconds(60),
                () -> served.varve().tries("boot", "show", "disk").exitCode() == 0,
                () -> served.varve().tries("boot", "show", "disk").toString());
    }

    private static long[] bootReads(Served served) {
        Json counters = served.varve().run("status", "--json").json().at("counters");
        return new long[] {
            counters.number("BOOT_USED"), counters.number("BOOT_LATE"), counters.number("BOOT_MISSED")
        };
    }

    private static void assertMostReadsWerePrefetched(Served served, long[] before) {
        long[] now = bootReads(served);
        long used = now[0] - before[0];
        long late = now[1] - before[1];
        long missed = now[2] - before[2];
        assertThat(used).as("pages of the boot that were read ahead and used").isGreaterThan(1000);
        assertThat((double) used / (used + late + missed))
                .as("used %d, late %d, missed %d", used, late, missed)
                .isGreaterThanOrEqualTo(0.9);
    }
}
