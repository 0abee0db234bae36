package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real system boots from a disk that lies behind a slow server: once in a store that knows nothing, once in another
 * that has what the first boot taught, and no page. It sees the same disk, and waits less.
 */
class LazyGuestBootIT {

    private static final String LOGIN = "guest login: ";
    private static final String PROMPT = "root@guest:~# ";
    private static final String END = "all-read-42";
    /** What the kernel puts before its messages. */
    private static final String TIMESTAMP = "\\[ *\\d+\\.\\d+\\] ";

    @TempDir
    Path directory;

    private Path socket;
    private Process nbdkit;

    /** A server that answers each read 10 ms late. */
    @BeforeEach
    void startOrigin() throws IOException {
        socket = directory.resolve("origin.sock");
        nbdkit = new ProcessBuilder("nbdkit", "--foreground", "--readonly", "--unix", socket.toString(),
                "--threads", "64", "--filter=delay", "file", GuestFiles.debianRoot().toString(), "rdelay=10ms")
                .redirectErrorStream(true).redirectOutput(directory.resolve("nbdkit.log").toFile()).start();
        Await.until("nbdkit's socket", Duration.ofSeconds(20), () -> Files.exists(socket), nbdkit::toString);
    }

    @AfterEach
    void endOrigin() throws InterruptedException {
        nbdkit.destroyForcibly().waitFor();
    }

    /** What one boot was, up to the end of its reading. */
    private record Boot(String console, Monitor.Reads reads) {

        String consoleWithoutTimes() {
            return console.replaceAll(TIMESTAMP, "[time] ");
        }
    }

    @Test
    void shouldBootTheSameSystemFromAProfileAndNoPage() throws IOException {
        Path profile = directory.resolve("profile");
        Varve first = store("first");
        Boot slow;
        try (Daemon daemon = first.serve("far")) {
            slow = boot(daemon, "first");
            awaitLearned(first);
        }
        first.run("boot", "export", "far", profile);

        Varve second = store("second");
        second.run("boot", "import", profile, "far");
        Boot ahead;
        try (Daemon daemon = second.serve("far")) {
            ahead = boot(daemon, "second");
            assertMostReadsWerePrefetched(second);
        }
        System.out.printf("first boot: %s; second: %s; %.1f times less waiting%n", slow.reads, ahead.reads,
                (double) slow.reads.tookNs() / ahead.reads.tookNs());
        assertThat(slow.consoleWithoutTimes()).contains("Debian", "/usr/bin/bash");
        assertThat(ahead.consoleWithoutTimes()).isEqualTo(slow.consoleWithoutTimes());
    }

    private Varve store(String name) {
        Varve varve = new Varve(directory.resolve(name));
        varve.run("import", "nbd+unix:///?socket=" + socket, "far", "--lazy");
        return varve;
    }

    /** Boots, logs in, and reads programs so that their content is on the console. */
    private Boot boot(Daemon daemon, String name) throws IOException {
        Path control = directory.resolve(name + ".qmp");
        try (Guest guest = Guest.boot(
                        directory.resolve("console-" + name), GuestFiles.diskInitrd(), "systemd.show_status=no",
                        "-blockdev", "driver=nbd,node-name=disk,server.type=unix,server.path=" + daemon.socket()
                                + ",export=far@alice,cache.direct=on,discard=unmap",
                        "-device", "virtio-blk-pci,drive=disk", "-qmp", Monitor.option(control));
                Monitor monitor = Monitor.open(control)) {
            guest.awaits(LOGIN);
            guest.types("root");
            guest.awaits(PROMPT);
            guest.types("md5sum /usr/bin/* /usr/sbin/* /usr/lib/systemd/* 2>/dev/null; echo all-read-$((40 + 2))");
            guest.awaits(END);
            String console = guest.console();
            Boot boot = new Boot(console.substring(0, console.indexOf(END)), monitor.reads());
            guest.types("poweroff");
            guest.awaitsPowerOff();
            return boot;
        }
    }

    private static void awaitLearned(Varve varve) {
        Await.until("a learned boot", Duration.ofSeconds(60),
                () -> varve.tries("boot", "show", "far").exitCode() == 0,
                () -> varve.tries("boot", "show", "far").toString());
    }

    private static void assertMostReadsWerePrefetched(Varve varve) {
        Json counters = Await.value("the counters of the second boot", Duration.ofSeconds(60),
                () -> Optional.of(varve.run("status", "--json").json().at("counters"))
                        .filter(values -> values.number("BOOT_USED") > 0),
                () -> varve.run("status").out());
        long used = counters.number("BOOT_USED");
        long late = counters.number("BOOT_LATE");
        long missed = counters.number("BOOT_MISSED");
        System.out.printf("second boot: %d pages were there, %d were on their way, %d unknown%n", used, late, missed);
        assertThat(used).isGreaterThan(1000);
        assertThat((double) used / (used + late + missed)).as("%d, %d, %d", used, late, missed)
                .isGreaterThanOrEqualTo(0.9);
    }
}
