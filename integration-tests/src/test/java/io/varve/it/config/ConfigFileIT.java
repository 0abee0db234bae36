package io.varve.it.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tls.Authority;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file itself: the example serves, and mistakes are told all at once. */
class ConfigFileIT {

    private static final String KEY = "000102030405060708090a0b0c0d0e0f";

    @TempDir
    Path directory;

    @Test
    void shouldServeWhatTheExampleSays() throws IOException {
        Rooms rooms = new Rooms(directory, "win:7", "debian", "scratch", "tools", "unnamed");
        Authority authority = new Authority(directory.resolve("authority"));
        Authority.move(authority.server("server"), directory.resolve("tls"));
        Path teacher = authority.client("teacher");
        Path keys = Rooms.secret(directory.resolve("keys.psk"), "room7-1:" + KEY + "\nroom8-1:" + KEY + "\n");
        Path socket = Varve.newSocket();
        int certified = Rooms.freePort();
        int keyed = Rooms.freePort();
        rooms.write(Files.readString(Repository.ROOT.resolve("daemon/etc/varve.toml"))
                .replace("/var/lib/varve", rooms.varve().store().toString())
                .replace("/run/varve.sock", socket.toString())
                .replace("0.0.0.0:10809", "127.0.0.1:" + certified)
                .replace("0.0.0.0:10810", "127.0.0.1:" + keyed)
                // Networks of the lab, where this machine is not.
                .replace("\"10.0.7.0/24\"", "\"127.0.0.0/8\""));

        assertThat(rooms.varve().run("serve", "--config", rooms.file(), "--check").out()).isEqualTo("ok\n");
        try (Daemon daemon = rooms.varve().serveConfig(rooms.file(), socket)) {
            assertThat(Tool.run("stat", "-c", "%a", socket).out().strip()).isEqualTo("660");
            assertThat(daemon.log()).contains("listening on nbd+unix://", "listening on nbds://127.0.0.1:" + certified,
                    "listening on nbd://127.0.0.1:" + keyed);
            assertThat(Rooms.names(daemon.uri(""))).contains("debian").doesNotContain("win:7", "scratch", "unnamed");
            String seat = "nbds://localhost:" + certified + "/%s?tls-certificates=" + teacher;
            assertThat(Rooms.names(seat.formatted(""))).containsExactly("debian", "tools", "win:7@teacher");
            assertThat(Tool.run("nbdinfo", seat.formatted("win:7")).out()).contains("Lab workstations");
            String guest = "nbds://%s@localhost:" + keyed + "/?tls-psk-file=" + keys;
            assertThat(Rooms.names(guest.formatted("room7-1"))).containsExactly("debian", "scratch@room7-1", "tools");
            assertThat(Rooms.names("nbd://127.0.0.1:" + keyed)).as("TLS is on, and not a must")
                    .containsExactly("debian", "tools");
            assertThat(Tool.of("nbdinfo", "--list", "nbd://127.0.0.1:" + certified).run().exitCode()).isNotZero();
            assertThat(Tool.of("nbdinfo", "nbds+unix:///debian?socket=" + socket).run().exitCode()).isNotZero();
            assertThat(Rooms.names(guest.formatted("room8-1"))).containsExactly("debian", "tools");
        }
    }

    @Test
    void shouldTellAllMistakesWithTheirPlaces() {
        Rooms rooms = new Rooms(directory);
        rooms.write("""
                agents = 0
                memori = "2G"
                [[listener]]
                uri = "udp://nowhere"
                [[listener]]
                uri = "tcp://127.0.0.1:0"
                tls = "require"
                [[export]]
                image = "a"
                quota = "much"
                overlay = "forever"
                [[export.rule]]
                users = ["no-such-user"]
                addresses = ["10.0.0.1/8", "lab"]
                certificates = []
                write = "no"
                [limits]
                idle-deadline = -1
                """);

        Tool.Outcome outcome = rooms.varve().tries("serve", "--config", rooms.file(), "--check");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        String start = "varve: " + rooms.file() + ":";
        List<String> words = List.of(
                "1:1: agents: 0 is out of range, 1 to 64 are allowed",
                "2:1: memori: is no key here, did you mean memory?",
                "4:1: listener[1].uri: ",
                "7:1: listener[2].tls: needs keys, write certificates = \"DIRECTORY\" or psk = \"FILE\" beside it",
                "10:1: export[1].quota: ",
                "11:1: export[1].overlay: ",
                "13:10: export[1].rule[1].users[1]: 'no-such-user' is no user of this machine, ",
                "14:14: export[1].rule[1].addresses[1]: '10.0.0.1/8' has bits behind its prefix: ",
                "14:28: export[1].rule[1].addresses[2]: 'lab' is no address: write one as 10.0.0.7 ",
                "15:1: export[1].rule[1].certificates: is empty, ",
                "16:1: export[1].rule[1].write: is a text, write true or false",
                "18:1: limits.idle-deadline: ");
        assertThat(outcome.errorLines()).hasSameSizeAs(words);
        for (int i = 0; i < words.size(); i++) {
            assertThat(outcome.errorLines().get(i)).startsWith(start + words.get(i));
        }
        assertThat(rooms.varve().tries("serve", "--config", rooms.file()).errorLines())
                .isEqualTo(outcome.errorLines());
    }

    @Test
    void shouldCheckWhatListenersEncryptWith() {
        Rooms rooms = new Rooms(directory);
        Authority.write(directory.resolve("open.psk"), "alice:" + KEY + "\n");
        Tool.run("chmod", "644", directory.resolve("open.psk"));
        rooms.write(Rooms.listener(0) + "tls = \"on\"\ncertificates = \"nowhere\"\n"
                + Rooms.listener(1) + "tls = \"require\"\npsk = \"open.psk\"\n");

        Tool.Outcome outcome = rooms.varve().tries("serve", "--config", rooms.file(), "--check");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.errorLines()).containsExactly(
                "varve: listener tcp://127.0.0.1:0: " + directory.resolve("nowhere/server-cert.pem")
                        + " does not exist, and TLS needs it",
                "varve: listener tcp://127.0.0.1:1: " + directory.resolve("open.psk")
                        + " has the mode rw-r--r--, so others can use the key: chmod 600 "
                        + directory.resolve("open.psk"));
    }

    @Test
    void shouldLetTheCommandLineWinOverListeners() throws IOException {
        Rooms rooms = new Rooms(directory, "disk");
        int port = Rooms.freePort();
        rooms.write(Rooms.listener(port));
        try (Daemon daemon = rooms.varve().serve("--config", rooms.file())) {
            assertThat(Rooms.serves(daemon.uri("disk"))).isTrue();
            assertThat(Rooms.serves("nbd://127.0.0.1:" + port + "/disk")).isFalse();
        }
    }
}
