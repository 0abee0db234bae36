package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Json;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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
            BootReads before = BootReads.soFar(served);

            try (Guest guest = boot(served, "alice", "second")) {
                logIn(guest);
                assertThat(noteIn(guest)).contains("ebb and flow");
                powerOff(guest);
            }
            assertMostReadsWerePrefetched(served, before);
            // Two boots have written to alice's disk; bob's is the image, byte for byte.
            assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", GuestFiles.debianRoot(),
                    served.uri("disk@bob")).out()).contains("Images are identical");
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

    /** Pages that boots asked for, by how they came; a boot is counted when its client has gone. */
    private record BootReads(long used, long late, long missed) {

        static BootReads soFar(Served served) {
            Json counters = served.varve().run("status", "--json").json().at("counters");
            return new BootReads(
                    counters.number("BOOT_USED"), counters.number("BOOT_LATE"), counters.number("BOOT_MISSED"));
        }

        BootReads since(BootReads before) {
            return new BootReads(used - before.used, late - before.late, missed - before.missed);
        }

        double prefetchedShare() {
            return (double) used / (used + late + missed);
        }
    }

    private static void assertMostReadsWerePrefetched(Served served, BootReads before) {
        BootReads boot = Await.value(
                "the counters of the second boot",
                Duration.ofSeconds(60),
                () -> Optional.of(BootReads.soFar(served).since(before)).filter(reads -> reads.used > 0),
                () -> served.varve().run("status").out());
        System.out.println("second boot: " + boot);
        assertThat(boot.used).isGreaterThan(1000);
        assertThat(boot.prefetchedShare()).as("%s", boot).isGreaterThanOrEqualTo(0.9);
    }
}
