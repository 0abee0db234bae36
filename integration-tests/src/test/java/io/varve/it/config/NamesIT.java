package io.varve.it.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tls.Authority;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are known by a certificate or by a pre-shared key, on one listener with both. */
class NamesIT {

    private static final String KEY = "000102030405060708090a0b0c0d0e0f";
    private static final String RULES = """
            tls = "require"
            certificates = "tls"
            psk = "keys.psk"
            [[export]]
            image = "win"
            client-from-certificate = true
            [[export.rule]]
            certificates = ["seat*"]
            [[export]]
            image = "loan"
            client-from-psk = true
            [[export.rule]]
            psk = ["seat*", "guest"]
            [[export]]
            image = "exam"
            [[export.rule]]
            certificates = ["localhost"]
            write = false
            [[export.rule]]
            certificates = ["teacher"]
            """;

    @TempDir
    static Path directory;

    private static Authority authority;
    private static Path seat1;
    private static Path seat2;
    private static Path teacher;
    private static Path bare;
    private static Path keys;
    private static int port;
    private static Daemon daemon;

    @BeforeAll
    static void serve() throws IOException {
        authority = new Authority(directory.resolve("authority"));
        Authority.move(authority.server("server"), directory.resolve("tls"));
        seat1 = authority.client("seat1");
        seat2 = authority.client("seat2");
        teacher = authority.client("teacher");
        bare = Files.createDirectory(directory.resolve("bare"));
        Authority.copy(seat1.resolve("ca-cert.pem"), bare.resolve("ca-cert.pem"));
        // A user with the name of a certificate.
        keys = Rooms.secret(directory.resolve("keys.psk"), "seat1:" + KEY + "\nguest:" + KEY + "\n");
        Rooms rooms = new Rooms(directory, "win", "loan", "exam");
        port = Rooms.freePort();
        daemon = rooms.serve(Varve.newSocket(), Rooms.listener(port) + RULES);
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    private static String certified(Path client, String export) {
        return "nbds://localhost:" + port + "/" + export + "?tls-certificates=" + client;
    }

    private static String keyed(String user, String export) {
        return "nbds://" + user + "@localhost:" + port + "/" + export + "?tls-psk-file=" + keys;
    }

    /** Statements for nbdsh, connected as {@code h}. */
    private static void run(String uri, String... statements) {
        Tool.run("nbdsh", "-c", "h.set_uri_allow_local_file(True)\nh.connect_uri('" + uri + "')\n"
                + String.join("\n", statements));
    }

    @Test
    void shouldShowEachNameItsOwn() {
        assertThat(Rooms.names(certified(seat1, ""))).containsExactly("win@seat1");
        assertThat(Rooms.names(certified(teacher, ""))).containsExactly("exam");
        assertThat(Rooms.names(certified(bare, ""))).isEmpty();
        assertThat(Rooms.names(keyed("seat1", ""))).containsExactly("loan@seat1");
        assertThat(Rooms.names(keyed("guest", ""))).containsExactly("loan@guest");
    }

    @Test
    void shouldKeepTheOverlayOfACertificateForItAlone() {
        run(certified(seat1, "win"), "h.pwrite(b'1' * 512, 0)", "h.flush()");
        run(certified(seat2, "win@seat2"), "h.pwrite(b'2' * 512, 0)", "h.flush()");

        run(certified(seat1, "win@seat1"), "assert h.pread(512, 0) == b'1' * 512");
        run(certified(seat2, "win"), "assert h.pread(512, 0) == b'2' * 512");
        assertThat(Rooms.serves(certified(seat2, "win@seat1"))).isFalse();
        assertThat(Rooms.serves(certified(teacher, "win@seat1"))).isFalse();
        assertThat(Rooms.serves(keyed("seat1", "win@seat1"))).isFalse();
        assertThat(Rooms.serves(certified(bare, "win@seat1"))).isFalse();
    }

    @Test
    void shouldKeepTheOverlayOfAKeyForItAlone() {
        run(keyed("guest", "loan"), "h.pwrite(b'g' * 512, 0)", "h.flush()");
        run(keyed("guest", "loan@guest"), "assert h.pread(512, 0) == b'g' * 512");

        assertThat(Rooms.serves(keyed("seat1", "loan@guest"))).isFalse();
        assertThat(Rooms.serves(certified(seat1, "loan@seat1"))).isFalse();
    }

    @Test
    void shouldKnowQemuByItsCertificateAndByItsKey() {
        String image = "driver=nbd,server.type=inet,server.host=localhost,server.port=" + port
                + ",tls-creds=t,export=";
        for (Path seat : new Path[] {seat1, seat2}) {
            Tool.run("qemu-io", "--object", "tls-creds-x509,id=t,endpoint=client,dir=" + seat, "--image-opts",
                    image + "win", "-c", "write -P 9 1M 64k", "-c", "flush", "-c", "read -P 9 1M 64k");
        }
        assertThat(Tool.of("qemu-img", "info", "--object", "tls-creds-x509,id=t,endpoint=client,dir=" + seat1,
                "--image-opts", image + "win@seat2").run().err()).contains("no such export");
        String guest = "tls-creds-psk,id=t,endpoint=client,username=guest,dir=" + directory;
        Tool.run("qemu-io", "--object", guest, "--image-opts", image + "loan", "-c", "write -P 3 2M 64k",
                "-c", "read -P 3 2M 64k");
        assertThat(Tool.of("qemu-img", "info", "--object", guest, "--image-opts", image + "win").run().err())
                .contains("no such export");
    }

    @Test
    void shouldTellNothingOfOthersExports() {
        String forbidden = Tool.of("nbdinfo", certified(seat1, "exam")).run().err();
        String missing = Tool.of("nbdinfo", certified(seat1, "none")).run().err();

        assertThat(forbidden).contains("exam").isEqualTo(missing.replace("none", "exam"));
    }
}
