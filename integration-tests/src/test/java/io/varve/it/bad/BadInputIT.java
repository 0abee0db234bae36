package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.SmallDisk;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NegotiationException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that a user can get wrong: exit code 1, one line that says what, where, and what to do, and nothing
 * half-done.
 */
class BadInputIT {

    private static final long SIZE = 4 * RawImages.MIB;

    @TempDir
    Path directory;

    private Varve varve;
    private Path raw;

    @BeforeEach
    void importAnImage() {
        varve = new Varve(directory.resolve("store"));
        raw = RawImages.mixed(directory.resolve("good.raw"), SIZE, 1);
        varve.run("import", raw, "good");
    }

    /** @param words that the line has to have */
    private void assertRefused(Tool.Outcome outcome, Object... words) throws IOException {
        assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.errorLines()).as("%s", outcome).hasSize(1);
        for (Object word : words) {
            assertThat(outcome.err()).as("%s", outcome).contains(word.toString());
        }
        assertNothingHalfDone(varve.store());
    }

    private static void assertNothingHalfDone(Path store) throws IOException {
        try (Stream<Path> left = Files.list(store.resolve("tmp"))) {
            assertThat(left).isEmpty();
        }
    }

    private void assertOnlyGoodIsThere() throws IOException {
        assertThat(varve.run("images").out()).contains("good").doesNotContain("bad");
        try (Stream<Path> blobs = Files.list(varve.store().resolve("blobs"))) {
            assertThat(blobs).hasSize(1);
        }
        varve.run("verify");
    }

    @Test
    void shouldRefuseAFileThatIsMissing() throws IOException {
        Path missing = directory.resolve("missing.raw");

        assertRefused(varve.tries("import", missing, "bad"), missing);
        assertOnlyGoodIsThere();
    }

    @Test
    void shouldRefuseWhatIsNoImage() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty.raw"));

        assertRefused(varve.tries("import", directory, "bad"), directory);
        assertRefused(varve.tries("import", empty, "bad"), empty);
        assertRefused(varve.tries("import", raw, "bad", "--format", "qcow2"), raw);
        assertOnlyGoodIsThere();
    }

    @Test
    void shouldRefuseATruncatedImage() throws IOException {
        Path whole = directory.resolve("whole.qcow2");
        Path truncated = directory.resolve("truncated.qcow2");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, whole);
        Files.write(truncated, RawImages.read(whole, 0, (int) Files.size(whole) / 2));

        assertRefused(varve.tries("import", truncated, "bad"), truncated);
        assertOnlyGoodIsThere();
    }

    @Test
    void shouldRefuseNamesThatAreNone() throws IOException {
        assertRefused(varve.tries("import", raw, "good"), "good");
        assertRefused(varve.tries("import", raw, "bad", "--parent", "atlantis"), "atlantis");
        assertRefused(varve.tries("show", "atlantis"), "atlantis");
        assertRefused(varve.tries("serve", "atlantis", "--listen", unixUri()), "atlantis");
        assertOnlyGoodIsThere();
    }

    @Test
    void shouldSayHowItIsUsedWhenThatIsWrong() {
        for (Object[] arguments : new Object[][] {
            {"import"}, {"nonsense"}, {"serve", "--listen", "carrier-pigeon://coop"}, {"import", raw, "a/../b"},
            {"serve", "--overlay", "sometimes"}
        }) {
            Tool.Outcome outcome = varve.tries(arguments);
            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(2);
            assertThat(outcome.err()).as("%s", outcome).isNotBlank();
        }
    }

    @Test
    void shouldLeaveNothingWhenTheDiskIsFull() throws IOException {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 8 * RawImages.MIB)) {
            Path data = directory.resolve("data.raw");
            RawImages.scribble(data, 0, 24 * RawImages.MIB, 2);
            Varve full = new Varve(disk.path().resolve("store"));
            full.run("import", raw, "good");

            Tool.Outcome outcome = full.tries("import", data, "bad");

            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.errorLines()).as("%s", outcome).hasSize(1);
            assertThat(outcome.err()).containsIgnoringCase("space").contains(disk.path().toString());
            assertNothingHalfDone(full.store());
            assertThat(full.run("images").out()).doesNotContain("bad");
            try (Stream<Path> blobs = Files.list(full.store().resolve("blobs"))) {
                assertThat(blobs).hasSize(1);
            }
            full.run("verify");
        }
    }

    @Test
    void shouldRefuseAnUnknownExport() throws IOException {
        try (Daemon daemon = varve.serve()) {
            Tool.Outcome outcome = Tool.of("nbdinfo", daemon.uri("atlantis@alice")).run();

            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.err()).contains("atlantis");
            assertThat(varve.run("overlays").out()).doesNotContain("atlantis");
        }
    }

    @Test
    void shouldRefuseAnAddressThatIsTaken() throws IOException {
        Varve other = new Varve(directory.resolve("other"));
        other.run("import", raw, "good");
        try (Daemon daemon = varve.serve(); ServerSocket taken = new ServerSocket(0)) {
            Tool.Outcome socket = other.tries("serve", "--listen", "unix://" + daemon.socket());
            Tool.Outcome port = other.tries("serve", "--listen", "tcp://127.0.0.1:" + taken.getLocalPort());

            assertRefused(socket, daemon.socket());
            assertRefused(port, taken.getLocalPort());
            Tool.run("nbdinfo", daemon.uri("good"));
        }
    }

    @Test
    void shouldTakeTheSocketOfADaemonThatWasKilled() {
        try (Daemon daemon = varve.serve()) {
            daemon.kill();
            assertThat(daemon.socket()).exists();
            try (Daemon next = varve.serve("--listen", "unix://" + daemon.socket())) {
                Tool.run("nbdinfo", daemon.uri("good"));
                assertThat(next.log()).contains(daemon.socket().toString());
            }
        }
    }

    @Test
    void shouldRefuseAStoreOfAnotherVersion() throws IOException {
        Path identity = varve.store().resolve("varve.json");
        String ours = Files.readString(identity);
        String newer = ours.replaceFirst("(\"version\"\\s*:\\s*)\\d+", "$199");
        assertThat(newer).isNotEqualTo(ours);
        Files.writeString(identity, newer);

        assertRefused(varve.tries("images"), identity, "its checksum is wrong");

        Files.writeString(identity, newer.replaceFirst(",\\s*\"crc32c\"\\s*:\\s*\"\\p{XDigit}{8}\"", ""));

        assertRefused(varve.tries("images"), identity, "version 99");
        assertRefused(varve.tries("serve", "--listen", unixUri()), identity, "version 99");
        assertRefused(varve.tries("import", raw, "bad"), identity, "version 99");

        Files.writeString(identity, ours);
        assertOnlyGoodIsThere();
    }

    @Test
    void shouldRefuseAStoreThatIsNone() throws IOException {
        Varve elsewhere = new Varve(directory);

        Tool.Outcome outcome = elsewhere.tries("import", raw, "bad");

        assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.errorLines()).as("%s", outcome).hasSize(1);
        assertThat(outcome.err()).contains(directory.toString());
        assertThat(directory.resolve("images")).doesNotExist();
    }

    @Test
    void shouldRefuseAStoreThatAnotherDaemonHolds() throws IOException {
        try (Daemon daemon = varve.serve()) {
            assertRefused(varve.tries("serve", "--listen", unixUri()), varve.store());
            Tool.run("nbdinfo", daemon.uri("good"));
        }
    }

    @Test
    void shouldRefuseAnOverlayWhoseBaseWasRemoved() throws IOException {
        try (Daemon daemon = varve.serve(); NbdClient alice = daemon.connect("good@alice")) {
            alice.write(0, new byte[4096]);
            alice.disconnect();
        }
        try (Stream<Path> manifests = Files.walk(varve.store().resolve("layers"))) {
            for (Path file : manifests.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }

        assertRefused(varve.tries("commit", "good@alice", "bad"), "good");
        try (Daemon daemon = varve.serve()) {
            assertThatThrownBy(() -> daemon.connect("good@alice"))
                    .isInstanceOf(NegotiationException.class)
                    .hasMessageContaining("good@alice");
        }
        assertThat(varve.run("overlays").out()).contains("alice");
    }

    private String unixUri() {
        return "unix://" + directory.resolve("s");
    }
}
