package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients with pre-shared keys. */
class PskIT {

    private static final long SIZE = 10 * RawImages.MIB + 512;
    private static final String KEYS = "alice:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
            + "qemu:f00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

    @TempDir
    static Path directory;

    private static Path keys;
    private static Served served;

    @BeforeAll
    static void serve() throws IOException {
        keys = secret("keys.psk", KEYS);
        served = Served.mixed(directory, SIZE, 51, "--tls", "require", "--tls-psk", keys);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @Test
    void shouldServeLibnbdManyTimes() {
        for (int i = 0; i < 10; i++) {
            assertThat(Tool.run("nbdinfo", uri("alice", "disk", keys)).out())
                    .contains("protocol: newstyle-fixed with TLS");
        }
    }

    @Test
    void shouldTakeAWholeDiskAndGiveItBack() throws IOException {
        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE, 52);
        Path copy = directory.resolve("other-out.raw");
        Tool.run("nbdcopy", "--flush", other, uri("alice", "disk@psk", keys));
        Tool.run("nbdcopy", uri("qemu", "disk@psk", keys), copy);
        assertThat(Files.mismatch(other, copy)).isEqualTo(-1);
    }

    @Test
    void shouldServeNbdsh() {
        Tool.run("nbdsh", "-c", String.join("\n",
                "import nbd",
                "h = nbd.NBD()",
                "h.set_uri_allow_local_file(True)",
                "h.connect_uri('" + uri("alice", "disk@sh", keys) + "')",
                "assert h.get_tls_negotiated()",
                "h.pwrite(b'x' * 70000, 12345)",
                "h.flush()",
                "assert h.pread(70000, 12345) == b'x' * 70000",
                "h.shutdown()"));
    }

    @Test
    void shouldServeQemu() {
        Path other = RawImages.mixed(directory.resolve("qemu.raw"), SIZE, 53);
        String file = "driver=file,filename=" + other;
        String export = "driver=nbd,server.type=unix,server.path=" + served.daemon().socket()
                + ",tls-creds=key,export=disk@qemu";
        String key = "tls-creds-psk,id=key,endpoint=client,dir=" + directory + ",username=qemu";
        Tool.run("qemu-img", "convert", "--object", key, "--image-opts", "-n", "--target-image-opts", "-W", "-m", "16",
                file, export);
        assertThat(Tool.run("qemu-img", "compare", "--object", key, "--image-opts", file, export).out())
                .contains("Images are identical");
    }

    @Test
    void shouldRefuseAWrongKeyAndAnUnknownUser() throws IOException {
        Path wrong = secret("wrong.psk", KEYS.replace("0001", "ff01"));
        assertThat(Tool.of("nbdinfo", uri("alice", "disk", wrong)).run().exitCode()).isNotZero();
        Path unknown = secret("unknown.psk", KEYS.replace("alice", "mallory"));
        assertThat(Tool.of("nbdinfo", uri("mallory", "disk", unknown)).run().exitCode()).isNotZero();
        Tool.run("nbdinfo", uri("alice", "disk", keys));
    }

    @Test
    void shouldKnowUsersThatAreAddedAndForgetThoseThatAreGone() throws IOException {
        Path other = secret("other.psk", KEYS.replace("alice", "carol"));
        assertThat(Tool.of("nbdinfo", uri("carol", "disk", other)).run().exitCode()).isNotZero();
        try {
            Authority.replace(other, keys);
            Tool.run("nbdinfo", uri("carol", "disk", other));
            Path old = secret("old.psk", KEYS);
            assertThat(Tool.of("nbdinfo", uri("alice", "disk", old)).run().exitCode()).isNotZero();
        } finally {
            Authority.replace(secret("again.psk", KEYS), keys);
        }
    }

    private static Path secret(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Authority.write(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String uri(String user, String export, Path file) {
        return "nbds+unix://" + user + "@localhost/" + export + "?socket=" + served.daemon().socket()
                + "&tls-psk-file=" + file;
    }
}
