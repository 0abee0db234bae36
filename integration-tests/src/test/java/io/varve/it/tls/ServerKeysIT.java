package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One daemon with a listener for each kind of key that a server may have, and clients of every version of TLS. */
class ServerKeysIT {

    private static final long SIZE = RawImages.MIB;
    private static final String PSK = "000102030405060708090a0b0c0d0e0f";

    @TempDir
    static Path directory;

    private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
    private static Authority authority;
    private static Path client;
    private static Path keys;
    private static Daemon daemon;

    @BeforeAll
    static void serve() throws IOException {
        authority = new Authority(directory.resolve("authority"));
        Path rsa = authority.server("rsa");
        Path pkcs1 = authority.server("pkcs1").resolve("server-key.pem");
        Tool.run("openssl", "rsa", "-traditional", "-in", pkcs1, "-out", pkcs1);
        Path sec1 = authority.server("sec1", "ec -pkeyopt ec_paramgen_curve:P-384").resolve("server-key.pem");
        Tool.run("openssl", "ec", "-in", sec1, "-out", sec1);
        authority.server("ed25519", "ed25519");
        Authority middle = authority.intermediate("middle");
        Path chain = middle.server("chain");
        String leaf = Files.readString(chain.resolve("server-cert.pem"));
        Authority.write(chain.resolve("server-cert.pem"), leaf + Files.readString(middle.certificate()));
        Authority.copy(authority.certificate(), chain.resolve("ca-cert.pem"));

        client = authority.client("alice");
        keys = Files.createDirectory(directory.resolve("keys")).resolve("keys.psk");
        Authority.write(keys, "alice:" + PSK + "\n");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        Path socket = Varve.newSocket();
        StringBuilder config = new StringBuilder("[[listener]]\nuri = \"unix://" + socket + "\"\n");
        for (String name : new String[] {"rsa", "pkcs1", "sec1", "ed25519", "chain", "both"}) {
            Path place = name.equals("both") ? rsa : name.equals("chain") ? chain : rsa.resolveSibling(name);
            PORTS.put(name, freePort());
            config.append("[[listener]]\nuri = \"tcp://127.0.0.1:").append(PORTS.get(name))
                    .append("\"\ntls = \"require\"\ncertificates = \"").append(place)
                    .append("\"\nverify-peer = true\n").append(name.equals("both") ? "psk = \"" + keys + "\"\n" : "");
        }
        Path file = directory.resolve("varve.toml");
        Authority.write(file, config.toString());
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("small.raw"), SIZE, 8), "disk");
        daemon = varve.serveConfig(file, socket);
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String key(String name) throws IOException {
        return Files.readString(authority.certificate().resolveSibling(name).resolve("server-key.pem"));
    }

    private static String certified(int port) {
        return "nbds://localhost:" + port + "/disk?tls-certificates=" + client;
    }

    private static String keyed(int port) {
        return "nbds://alice@localhost:" + port + "/disk?tls-psk-file=" + keys;
    }

    /** GnuTLS without some of its versions. */
    private static Tool.Outcome withoutVersions(String versions, String uri) {
        Path overrides = directory.resolve("gnutls-" + versions);
        StringBuilder text = new StringBuilder("[overrides]\n");
        for (String version : versions.split(",")) {
            text.append("disabled-version = ").append(version).append('\n');
        }
        Authority.write(overrides, text.toString());
        return Tool.of("nbdinfo", "--size", uri).with("GNUTLS_SYSTEM_PRIORITY_FILE", overrides).run();
    }

    @Test
    void shouldServeWithKeysOfEveryKindInEveryVersion() throws IOException {
        assertThat(key("pkcs1")).startsWith("-----BEGIN RSA PRIVATE KEY-----");
        assertThat(key("sec1")).startsWith("-----BEGIN EC PRIVATE KEY-----");
        PORTS.forEach((name, port) -> {
            for (String without : new String[] {"tls1.3", "tls1.2,tls1.1,tls1.0"}) {
                Tool.Outcome outcome = withoutVersions(without, certified(port));
                assertThat(outcome.out().strip()).as("%s, no %s: %s%n%s", name, without, outcome, daemon.log())
                        .isEqualTo("" + SIZE);
            }
        });
    }

    @Test
    void shouldServeKeysBesideCertificatesInEveryVersion() {
        int port = PORTS.get("both");
        for (String without : new String[] {"tls1.3", "tls1.2,tls1.1,tls1.0", "tls1.0"}) {
            assertThat(withoutVersions(without, keyed(port)).out().strip())
                    .as("no %s: %s", without, daemon.log()).isEqualTo("" + SIZE);
        }
        Tool.run("nbdcopy", keyed(port), "null:");
        Tool.run("nbdcopy", certified(port), "null:");
    }

    @Test
    void shouldServeQemuOfEveryVersion() {
        int port = PORTS.get("both");
        String image = "driver=nbd,server.type=inet,server.host=localhost,server.port=" + port
                + ",tls-creds=t,export=disk@qemu";
        for (String priority : new String[] {"NORMAL", "NORMAL:-VERS-TLS1.3",
            "NORMAL:-VERS-TLS1.2:-VERS-TLS1.1:-VERS-TLS1.0"}) {
            for (String credentials : new String[] {"tls-creds-x509,id=t,endpoint=client,dir=" + client,
                "tls-creds-psk,id=t,endpoint=client,username=alice,dir=" + keys.getParent()}) {
                Tool.run("qemu-io", "--object", credentials + ",priority=" + priority, "--image-opts", image,
                        "-c", "write -P 7 0 64k", "-c", "read -P 7 0 64k");
            }
        }
    }

    @Test
    void shouldRefuseVersionsOfOldWithALine() {
        assertThat(withoutVersions("tls1.3,tls1.2", certified(PORTS.get("rsa"))).exitCode()).isNotZero();
        // Newer JDKs name the alert in front.
        assertThat(daemon.log())
                .containsPattern("TLS failed: ([(]protocol_version[)] )?Client requested protocol TLSv1.1");
    }
}
