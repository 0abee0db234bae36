package io.varve.it.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that changes while clients read and write. */
class ReloadIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String BEFORE = """
            [[export]]
            image = "work"
            [[export]]
            image = "old"
            """;
    private static final String AFTER = """
            [[export]]
            image = "new"
            description = "changed"
            """;

    @TempDir
    static Path directory;

    private static Rooms rooms;
    private final Path socket = Varve.newSocket();

    @BeforeAll
    static void importImages() {
        rooms = new Rooms(directory, "work", "old", "new");
    }

    private static void hangUp(Daemon daemon) {
        Tool.run("kill", "-HUP", daemon.pid());
    }

    private static long count(Daemon daemon, String words) {
        return daemon.log().lines().filter(line -> line.contains(words)).count();
    }

    private static void awaitCount(Daemon daemon, String words, long count) {
        Await.until(count + " times '" + words + "'", PATIENCE, () -> count(daemon, words) == count, daemon::log);
    }

    @Test
    void shouldChangeEverythingUnderARunningClient() throws IOException, InterruptedException {
        int before = Rooms.freePort();
        int after = Rooms.freePort();
        try (Daemon daemon = rooms.serve(socket, Rooms.listener(before) + BEFORE)) {
            File report = directory.resolve("fio").toFile();
            Process fio = new ProcessBuilder("fio", "--name=reload", "--ioengine=nbd",
                    "--uri=" + daemon.uri("work@pc1"), "--rw=randrw", "--bs=4k", "--size=4M", "--iodepth=8",
                    "--verify=crc32c", "--verify_backlog=64", "--verify_fatal=1", "--verify_state_save=0",
                    "--time_based", "--runtime=6", "--eta=never")
                    .redirectErrorStream(true).redirectOutput(report).start();
            Await.until("fio's connection", PATIENCE,
                    () -> rooms.varve().run("status").out().contains("work@pc1"), daemon::log);

            rooms.write(Rooms.listener(socket) + "mode = \"0600\"\n" + Rooms.listener(after) + AFTER);
            assertThat(rooms.varve().run("reload").out()).isEqualTo("the configuration was read again\n");

            assertThat(Rooms.names(daemon.uri(""))).containsExactly("new");
            assertThat(Tool.run("nbdinfo", daemon.uri("new")).out()).contains("changed");
            assertThat(Tool.run("stat", "-c", "%a", socket).out().strip()).isEqualTo("600");
            assertThat(Rooms.serves("nbd://127.0.0.1:" + after + "/new")).isTrue();
            assertThat(Rooms.serves("nbd://127.0.0.1:" + before + "/new")).isFalse();
            assertThat(Rooms.serves(daemon.uri("work@pc1"))).as("who comes now meets the new rules").isFalse();

            rooms.write(Rooms.listener(socket) + BEFORE);
            hangUp(daemon);
            awaitCount(daemon, "the configuration was read again", 2);
            assertThat(Rooms.names(daemon.uri(""))).containsExactly("old", "work");
            assertThat(fio.isAlive()).as("fio ran through all of it").isTrue();
            assertThat(fio.waitFor()).as(() -> read(report)).isZero();
            assertThat(daemon.log()).doesNotContain("ERROR");
        }
    }

    private static String read(File report) {
        try {
            return Files.readString(report.toPath());
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void shouldStayAsItIsWhenTheFileIsBroken() throws IOException {
        try (Daemon daemon = rooms.serve(socket, BEFORE)) {
            rooms.write(Rooms.listener(socket) + AFTER + "overlay = \"forever\"\n");
            Tool.Outcome outcome = rooms.varve().tries("reload");

            String place = rooms.file() + ":6:1: export[1].overlay: ";
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).hasSize(1).first().asString().startsWith("varve: " + place);
            assertThat(count(daemon, "the configuration stays as it is: " + place)).isEqualTo(1);
            assertThat(Rooms.names(daemon.uri(""))).containsExactly("old", "work");

            // What is wrong outside of the file: a listener that cannot be had, keys that are not there.
            rooms.write(Rooms.listener(socket) + Rooms.listener(1).replace("127.0.0.1", "203.0.113.1") + AFTER);
            hangUp(daemon);
            awaitCount(daemon, "the configuration stays as it is: ", 2);
            rooms.write(Rooms.listener(socket) + "tls = \"require\"\npsk = \"none.psk\"\n" + AFTER);
            hangUp(daemon);
            awaitCount(daemon, "the configuration stays as it is: " + directory.resolve("none.psk")
                    + " does not exist", 1);
            Files.delete(rooms.file());
            hangUp(daemon);
            awaitCount(daemon, "the configuration stays as it is: ", 4);
            assertThat(daemon.log().lines().filter(line -> line.contains("stays as it is")).skip(3))
                    .allMatch(line -> line.contains(rooms.file().toString()));
            assertThat(Rooms.names(daemon.uri(""))).containsExactly("old", "work");

            rooms.write(Rooms.listener(socket) + AFTER);
            assertThat(rooms.varve().run("reload").out()).isEqualTo("the configuration was read again\n");
            assertThat(Rooms.names(daemon.uri(""))).containsExactly("new");
        }
    }

    @Test
    void shouldSayWhatNeedsARestart() throws IOException {
        try (Daemon daemon = rooms.serve(socket, BEFORE)) {
            rooms.write("agents = 7\n" + Rooms.listener(socket) + AFTER);

            assertThat(rooms.varve().run("reload").out().lines()).anyMatch(
                    line -> line.startsWith("agents: 7 holds after a restart"));
            assertThat(Rooms.names(daemon.uri(""))).containsExactly("new");
        }
    }

    @Test
    void shouldHaveNothingToReadWithoutAFile() {
        try (Daemon daemon = rooms.varve().serve("old")) {
            Tool.Outcome outcome = rooms.varve().tries("reload");
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).hasSize(1).first().asString().contains("--config");
            assertThat(Rooms.serves(daemon.uri("old"))).isTrue();
        }
    }
}
