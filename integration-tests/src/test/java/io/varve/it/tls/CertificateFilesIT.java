package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of certificates that are wrong at the start, and that change while the daemon runs. */
class CertificateFilesIT {

    private static final long SIZE = RawImages.MIB;

    @TempDir
    static Path directory;

    private static Authority authority;

    @BeforeAll
    static void prepare() {
        authority = new Authority(directory.resolve("authority"));
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("small.raw"), SIZE, 3), "disk");
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithAFile() throws IOException {
        Path open = authority.server("open");
        Files.setPosixFilePermissions(open.resolve("server-key.pem"), PosixFilePermissions.fromString("rw-r-----"));
        requireRefused(open, "chmod 600");

        requireRefused(authority.expiredServer("expired"), "expired at 2020-01-02");

        Path mixed = authority.server("mixed");
        Authority.copy(authority.server("other").resolve("server-key.pem"), mixed.resolve("server-key.pem"));
        requireRefused(mixed, "is not the key of");

        Path missing = authority.server("missing");
        Files.delete(missing.resolve("server-cert.pem"));
        requireRefused(missing, "does not exist");

        Path garbage = authority.server("garbage");
        Authority.write(garbage.resolve("server-cert.pem"), "no certificate\n");
        requireRefused(garbage, "has no certificate");
    }

    private static void requireRefused(Path certificates, String words) {
        Tool.Outcome outcome = new Varve(directory.resolve("store")).tries("serve", "--listen",
                "unix://" + directory.resolve("never.sock"), "--tls", "on", "--tls-certificates", certificates);
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.errorLines()).last().asString().contains(words).contains(certificates.toString());
        assertThat(Files.exists(directory.resolve("never.sock"))).isFalse();
    }

    @Test
    void shouldUseRenewedFilesAndKeepTheOldOnesIfTheNewAreBroken() throws IOException {
        Path used = authority.server("used");
        Path alice = authority.client("alice");
        try (Served served = Served.mixed(Files.createDirectory(directory.resolve("reload")), SIZE, 4, "--tls", "on",
                "--tls-certificates", used)) {
            String uri = "nbds+unix://localhost/disk?socket=" + served.daemon().socket() + "&tls-certificates=";
            Tool.run("nbdinfo", uri + alice);
            Tool.run("nbdinfo", served.uri("disk"));

            Path broken = directory.resolve("broken.pem");
            Authority.write(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            Authority.replace(broken, used.resolve("server-cert.pem"));
            Tool.run("nbdinfo", uri + alice);
            Tool.run("nbdinfo", uri + alice);
            assertThat(served.daemon().log().lines().filter(line -> line.contains("stays in force"))).hasSize(1)
                    .first().asString().contains("server-cert.pem has a certificate that cannot be read");

            Authority other = new Authority(directory.resolve("second"));
            Path renewed = other.server("renewed");
            for (String file : new String[] {"ca-cert.pem", "server-key.pem", "server-cert.pem"}) {
                Authority.replace(renewed.resolve(file), used.resolve(file));
            }
            Path bob = other.client("bob");
            Await.until("the renewed certificate", Duration.ofSeconds(20),
                    () -> Tool.of("nbdinfo", uri + bob).run().exitCode() == 0, () -> served.daemon().log());
            assertThat(Tool.of("nbdinfo", uri + alice).run().exitCode()).isNotZero();
        }
    }
}
