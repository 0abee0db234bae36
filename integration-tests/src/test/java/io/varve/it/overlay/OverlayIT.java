package io.varve.it.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose writes are seen by whom, and for how long. */
class OverlayIT {

    private static final int LENGTH = 3 * 4096;
    private static final long OFFSET = 5 * RawImages.MIB + 512;
    private static final long SIZE = 16 * RawImages.MIB;

    @TempDir
    Path directory;

    private static void write(Served served, String export, int value) throws IOException {
        try (NbdClient client = served.daemon().connect(export)) {
            client.write(OFFSET, filled(value));
            client.flush();
            client.disconnect();
        }
    }

    private static byte[] read(Served served, String export) throws IOException {
        try (NbdClient client = served.daemon().connect(export)) {
            return client.read(OFFSET, LENGTH);
        }
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] imported(Served served) {
        return RawImages.read(served.raw(), OFFSET, LENGTH);
    }

    @Test
    void shouldKeepTheWritesOfNamedClientsApart() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 1)) {
            write(served, "disk@alice", 1);
            write(served, "disk@bob", 2);

            assertThat(read(served, "disk@alice")).isEqualTo(filled(1));
            assertThat(read(served, "disk@bob")).isEqualTo(filled(2));
            assertThat(read(served, "disk@carol")).isEqualTo(imported(served));
            assertThat(read(served, "disk")).isEqualTo(imported(served));
        }
    }

    @Test
    void shouldKeepTheWritesOfANamedClientOverRestarts() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 2)) {
            write(served, "disk@alice", 1);
            served.restart();
            assertThat(read(served, "disk@alice")).isEqualTo(filled(1));
            write(served, "disk@alice", 2);
            served.killAndRestart();
            assertThat(read(served, "disk@alice")).isEqualTo(filled(2));
        }
    }

    @Test
    void shouldForgetTheWritesOfANamelessConnection() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 3);
                NbdClient stranger = served.daemon().connect("disk");
                NbdClient other = served.daemon().connect("disk")) {
            stranger.write(OFFSET, filled(1));

            assertThat(stranger.read(OFFSET, LENGTH)).isEqualTo(filled(1));
            assertThat(other.read(OFFSET, LENGTH)).isEqualTo(imported(served));
            stranger.disconnect();
            assertThat(read(served, "disk")).isEqualTo(imported(served));
        }
        assertThat(directory.resolve("store/ephemeral")).isEmptyDirectory();
    }

    @Test
    void shouldForgetEveryWriteWhenOverlaysAreEphemeral() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 4, "--overlay", "ephemeral")) {
            write(served, "disk@alice", 1);
            assertThat(read(served, "disk@alice")).isEqualTo(imported(served));
            try (NbdClient alice = served.daemon().connect("disk@alice")) {
                alice.write(OFFSET, filled(1));
                alice.flush();
                served.killAndRestart();
            }
            assertThat(read(served, "disk@alice")).isEqualTo(imported(served));
        }
        assertThat(directory.resolve("store/ephemeral")).isEmptyDirectory();
    }

    @Test
    void shouldBeReadOnlyWithoutOverlays() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 5, "--overlay", "none")) {
            assertThat(Tool.run("nbdinfo", "--json", served.uri("disk@alice")).json().flag(
                            "exports", 0, "is_read_only"))
                    .isTrue();
            try (NbdClient client = served.daemon().connect("disk@alice")) {
                assertThat(client.export().has(NbdProtocol.TRANSMIT_READ_ONLY)).isTrue();
                assertThatThrownBy(() -> client.write(OFFSET, filled(1)))
                        .asInstanceOf(InstanceOfAssertFactories.throwable(NbdException.class))
                        .extracting(NbdException::error)
                        .isEqualTo(NbdError.EPERM);
                assertThat(client.read(OFFSET, LENGTH)).isEqualTo(imported(served));
            }
            Path copy = directory.resolve("copy.raw");
            Tool.run("nbdcopy", served.uri("disk"), copy);
            assertThat(Files.mismatch(served.raw(), copy)).isEqualTo(-1);
        }
    }

    @Test
    void shouldResetOnlyWhatNobodyUses() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 6)) {
            write(served, "disk@alice", 1);
            write(served, "disk@bob", 2);
            assertThat(served.varve().run("overlays").out()).contains("alice", "bob");
            try (NbdClient alice = served.daemon().connect("disk@alice")) {
                Tool.Outcome refused = served.varve().tries("reset", "disk@alice");

                assertThat(refused.exitCode()).as("%s", refused).isEqualTo(1);
                assertThat(refused.errorLines()).as("%s", refused).hasSize(1);
                assertThat(alice.read(OFFSET, LENGTH)).isEqualTo(filled(1));
                alice.disconnect();
            }
            served.daemon().stop();

            served.varve().run("reset", "disk@alice");

            assertThat(served.varve().run("overlays").out()).contains("bob").doesNotContain("alice");
            served.restart();
            assertThat(read(served, "disk@alice")).isEqualTo(imported(served));
            assertThat(read(served, "disk@bob")).isEqualTo(filled(2));
        }
    }

    @Test
    void shouldHaveOneOwnerAtATime() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 8);
                NbdClient alice = served.daemon().connect("disk@alice")) {
            alice.write(OFFSET, filled(1));
            alice.flush();
            Path socket = directory.resolve("second.sock");

            Tool.Outcome daemon = served.varve().tries("serve", "--listen", "unix://" + socket);
            Tool.Outcome commit = served.varve().tries("commit", "disk@alice", "disk:stolen");

            assertThat(daemon.exitCode()).as("%s", daemon).isEqualTo(1);
            assertThat(daemon.errorLines()).as("%s", daemon).singleElement().asString()
                    .contains("another daemon holds this store", "pid");
            assertThat(socket).doesNotExist();
            assertThat(commit.exitCode()).as("%s", commit).isEqualTo(1);
            assertThat(commit.errorLines()).as("%s", commit).singleElement().asString().contains("in use");
            alice.write(OFFSET, filled(2));
            alice.flush();
            assertThat(alice.read(OFFSET, LENGTH)).isEqualTo(filled(2));
            alice.disconnect();
        }
    }

    @Test
    void shouldKeepNothingInTheWorkDirectory() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 7)) {
            write(served, "disk@alice", 1);
        }
        try (Stream<Path> left = Files.list(directory.resolve("store/tmp"))) {
            assertThat(left).isEmpty();
        }
    }
}
