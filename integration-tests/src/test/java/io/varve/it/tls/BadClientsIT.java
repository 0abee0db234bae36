package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that are refused, each with a line that says why; and files that are refused at the start. */
class BadClientsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "000102030405060708090a0b0c0d0e0f";
    private static final byte[] START_TLS =
            {0, 0, 0, 3, 'I', 'H', 'A', 'V', 'E', 'O', 'P', 'T', 0, 0, 0, 5, 0, 0, 0, 0};

    @TempDir
    Path directory;

    private Path secret(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Authority.write(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** What a client does, and what the log says then. */
    private record Refusal(String uri, String words) {}

    @Test
    void shouldSayWhyAClientIsRefused() throws IOException {
        Authority authority = new Authority(directory.resolve("authority"));
        Authority foreign = new Authority(directory.resolve("foreign"));
        Path server = authority.serverFor("server", "localhost");
        Path good = authority.client("alice");
        Path keys = secret("keys.psk", "alice:" + KEY + "\n");
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("small.raw"), RawImages.MIB, 8), "disk");
        String address = "localhost:" + port + "/disk?tls-";
        List<Refusal> refusals = new ArrayList<>();
        refusals.add(new Refusal("nbds://mallory@" + address + "psk-file=" + secret("m.psk", "mallory:" + KEY),
                "there is no key of the user 'mallory'"));
        refusals.add(new Refusal("nbds://m%C3%A4rz@" + address + "psk-file=" + secret("l.psk", "m\u00e4rz:" + KEY),
                "there is no key of the user 'm?rz'"));
        refusals.add(new Refusal("nbds://alice@" + address + "psk-file=" + secret("w.psk", "alice:ff" + KEY),
                "the client has another key of the user 'alice'"));
        Path mallory = foreign.client("mallory");
        refusals.add(new Refusal("nbds://" + address + "certificates=" + mallory,
                "the client's certificate 'CN=mallory' was issued by 'CN=authority', and nothing leads from there to "
                        + server.resolve("ca-cert.pem")));
        refusals.add(new Refusal("nbds://" + address + "certificates=" + selfSigned(),
                "the client's certificate 'CN=self' is self-signed, and not in " + server.resolve("ca-cert.pem")));
        refusals.add(new Refusal("nbds://" + address + "certificates=" + authority.expiredClient("old"),
                "the client's certificate 'CN=old' expired at 2020-01-02T00:00:00Z"));
        refusals.add(new Refusal("nbds://" + address + "certificates=" + authority.clientForServers("web"),
                "the client's certificate 'CN=web' is not for clients: its extendedKeyUsage has no clientAuth"));
        refusals.add(new Refusal("nbds://" + address + "certificates=" + Files.createDirectory(
                directory.resolve("bare")), "the client shows no certificate, and here it has to"));
        for (String name : new String[] {"authority/old", "authority/web", "foreign/mallory", "bare", "self"}) {
            // So that it is the server who refuses.
            Authority.copy(good.resolve("ca-cert.pem"), directory.resolve(name).resolve("ca-cert.pem"));
        }
        try (Daemon daemon = varve.serve("--listen", "tcp://127.0.0.1:" + port, "--tls", "require",
                "--tls-certificates", server, "--tls-psk", keys, "--tls-verify-peer")) {
            for (Refusal refusal : refusals) {
                assertThat(Tool.of("nbdinfo", refusal.uri()).run().exitCode()).as("%s", refusal).isNotZero();
                requireLine(daemon, refusal.words());
            }
            sayGarbage(port);
            requireLine(daemon, "TLS failed: what the client sends is no TLS");
            String uri = "nbds://localhost:" + port + "/disk?tls-certificates=";
            assertThat(Tool.of("nbdinfo", uri.replace("localhost", "127.0.0.1") + good).run().err())
                    .as("the certificate is for another name").contains("certificate verification");
            Tool.run("nbdinfo", uri + good);
            Tool.run("nbdinfo", "nbds://alice@" + address + "psk-file=" + keys);
            assertThat(daemon.log()).doesNotContain("ERROR", "Exception", "\tat ");
        }
    }

    private Path selfSigned() throws IOException {
        Path self = Files.createDirectory(directory.resolve("self"));
        Tool.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.resolve("client-key.pem"),
                "-out", self.resolve("client-cert.pem"), "-days", "3650", "-subj", "/CN=self");
        return self;
    }

    private static void sayGarbage(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getInputStream().readNBytes(18);
            socket.getOutputStream().write(START_TLS);
            assertThat(socket.getInputStream().readNBytes(20)).hasSize(20);
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    private static void requireLine(Daemon daemon, String words) {
        Await.until("'" + words + "' in the log", PATIENCE, () -> daemon.log().contains(words), daemon::log);
        assertThat(daemon.log().lines().filter(line -> line.contains(words))).hasSize(1);
    }

    @Test
    void shouldSayAtOnceWhatIsWrongWithFiles() throws IOException {
        Authority authority = new Authority(directory.resolve("authority"));
        Path encrypted = authority.server("encrypted");
        Tool.run("openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", encrypted.resolve("server-key.pem"),
                "-out", encrypted.resolve("server-key.pem"));
        Path cut = authority.server("cut");
        String key = Files.readString(cut.resolve("server-key.pem"));
        Authority.write(cut.resolve("server-key.pem"), key.substring(0, key.length() / 2));
        Path expired = authority.server("expired-authority");
        Authority.copy(authority.expiredServer("yesterday").resolve("server-cert.pem"),
                expired.resolve("ca-cert.pem"));
        Path huge = authority.server("huge");
        Authority.write(huge.resolve("ca-cert.pem"), "x".repeat(2 << 20));
        Path open = secret("open.psk", "alice:" + KEY + "\n");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        Path short1 = secret("short.psk", "alice:00\n");
        StringBuilder config = new StringBuilder();
        List<Path> places = List.of(encrypted, cut, expired, huge, open, short1);
        for (int i = 0; i < places.size(); i++) {
            config.append("[[listener]]\nuri = \"tcp://127.0.0.1:").append(i + 1).append("\"\ntls = \"on\"\n")
                    .append(places.get(i).toString().endsWith(".psk") ? "psk" : "certificates").append(" = \"")
                    .append(places.get(i)).append("\"\n");
        }
        Path file = directory.resolve("varve.toml");
        Authority.write(file, config.toString());

        Tool.Outcome outcome =
                new Varve(directory.resolve("store")).tries("serve", "--config", file, "--check");

        assertThat(outcome.exitCode()).isEqualTo(1);
        String[] words = {"server-key.pem is encrypted, and nobody is there", "server-key.pem is cut off: ",
            "ca-cert.pem expired at 2020-01-02T00:00:00Z: renew it", "ca-cert.pem has more than 1048576 bytes",
            "open.psk has the mode rw-r--r--, so others can use the key: chmod 600",
            "short.psk, line 1: the key has 1 bytes, and 16 is the least"};
        assertThat(outcome.errorLines()).hasSameSizeAs(words);
        for (int i = 0; i < words.length; i++) {
            assertThat(outcome.errorLines().get(i))
                    .startsWith("varve: listener tcp://127.0.0.1:" + (i + 1) + ": ").contains(words[i]);
        }
    }
}
