package io.varve.it.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.control.ControlClient;
import io.varve.daemon.store.StoreLayout;
import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image whose pages lie behind nbdkit: read when a client reads, kept, and served when nbdkit has gone. */
class LazyImageIT {

    private static final long SIZE = 24 * RawImages.MIB + 5120;

    @TempDir
    Path directory;

    private Varve varve;
    private Path raw;
    private Process nbdkit;

    @BeforeEach
    void makeADisk() throws IOException {
        varve = new Varve(directory.resolve("store"));
        raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 11);
    }

    @AfterEach
    void endOrigin() {
        if (nbdkit != null) {
            nbdkit.destroyForcibly();
        }
    }

    /** @param words behind the plugin and its file, and filters */
    private String origin(String... words) throws IOException {
        Path socket = directory.resolve("origin.sock");
        Files.deleteIfExists(socket);
        List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground", "--readonly", "--unix",
                socket.toString()));
        List<String> parameters = new ArrayList<>(List.of("file", raw.toString()));
        for (String word : words) {
            (word.startsWith("--") ? command : parameters).add(word);
        }
        command.addAll(parameters);
        nbdkit = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(directory.resolve("nbdkit.log").toFile()).start();
        Await.until("nbdkit's socket", Duration.ofSeconds(20), () -> Files.exists(socket), () -> "");
        return "nbd+unix:///?socket=" + socket;
    }

    private void endOriginNow() throws InterruptedException {
        nbdkit.destroyForcibly().waitFor();
    }

    @Test
    void shouldBeTheDiskOfTheOriginAndStayWhenItHasGone() throws Exception {
        varve.run("import", origin(), "far", "--lazy");

        try (Daemon daemon = varve.serve("far")) {
            assertSame(daemon, "far@alice");
        }
        endOriginNow();
        try (Daemon daemon = varve.serve("far")) {
            assertSame(daemon, "far@bob");
        }
    }

    private void assertSame(Daemon daemon, String export) {
        Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", raw, daemon.uri(export)).orFail();
    }

    @Test
    void shouldReadNothingBeforeAClientDoes() throws Exception {
        Path log = directory.resolve("asked.log");
        varve.run("import", origin("--filter=log", "logfile=" + log), "far", "--lazy");
        try (Daemon daemon = varve.serve("far"); NbdClient client = daemon.connect("far@alice")) {
            long before = reads(log);
            byte[] here = client.read(10 * RawImages.MIB, 4096);
            long first = reads(log);
            byte[] again = client.read(10 * RawImages.MIB, 4096);

            assertThat(before).as("reads of the origin before the first of a client").isLessThanOrEqualTo(2);
            assertThat(first).isGreaterThan(before);
            assertThat(reads(log)).as("a page that is kept is not asked for again").isEqualTo(first);
            assertThat(again).isEqualTo(here);
        }
    }

    private static long reads(Path log) throws IOException {
        try (var lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(" Read id=") && line.contains("count=")).count();
        }
    }

    @Test
    void shouldGetOverErrorsOfALoneOrigin() throws Exception {
        Path trigger = directory.resolve("trigger");
        varve.run("import", origin("--filter=error", "error-pread-rate=20%", "error-file=" + trigger), "far", "--lazy");
        Files.createFile(trigger);
        try (Daemon daemon = varve.serve("far"); NbdClient client = daemon.connect("far@alice")) {
            byte[] expected = Files.readAllBytes(raw);
            int failed = 0;
            int length = 131_072;
            for (int offset = 0; offset + length <= expected.length; offset += length) {
                try {
                    byte[] data = client.read(offset, length);
                    assertThat(data).as("%d bytes at %d", length, offset)
                            .isEqualTo(Arrays.copyOfRange(expected, offset, offset + length));
                } catch (NbdException e) {
                    failed++;
                }
            }
            // Of 192 reads; one in 15000 may fail.
            assertThat(failed).as("reads that failed").isLessThanOrEqualTo(1);
        }
    }

    @Test
    void shouldFailReadsOfPagesThatNobodyHasAndNoOthers() throws Exception {
        varve.run("import", origin(), "far", "--lazy");
        try (Daemon daemon = varve.serve("far"); NbdClient client = daemon.connect("far@alice")) {
            byte[] kept = client.read(0, 65536);
            endOriginNow();

            assertThat(client.read(0, 65536)).isEqualTo(kept);
            assertThatThrownBy(() -> client.read(20 * RawImages.MIB, 4096)).isInstanceOf(NbdException.class);
            assertThat(client.read(4096, 4096)).isEqualTo(Arrays.copyOfRange(kept, 4096, 8192));
            client.write(20 * RawImages.MIB, new byte[4096]);
            assertThat(client.read(20 * RawImages.MIB, 4096)).as("what a client wrote is its own")
                    .isEqualTo(new byte[4096]);
        }
    }

    @Test
    void shouldFetchAllOfItInTheBackground() throws Exception {
        varve.run("import", origin(), "far", "--lazy", "--fill", "--fill-rate", "1G");
        Path control = new StoreLayout(varve.store()).controlSocket();
        try (Daemon daemon = varve.serve("far")) {
            ControlClient.ask(control, Map.of("ask", "maintain"));
            Await.until("sealed layers", Duration.ofSeconds(60), () -> daemon.log().contains("sealed layer 1"),
                    daemon::log);
            endOriginNow();
            assertSame(daemon, "far@alice");
            Json remote = new Json(ControlClient.ask(control, Map.of("ask", "status"))).at("remotes", 0);
            assertThat(remote.number("aheadBytes")).isGreaterThanOrEqualTo(SIZE);
            assertThat(remote.number("demandBytes")).as("clients come first").isZero();
        }
    }

    @Test
    void shouldShowWhatItDidInTheStatus() throws Exception {
        varve.run("import", origin(), "far", "--lazy");
        try (Daemon daemon = varve.serve("far"); NbdClient client = daemon.connect("far@alice")) {
            client.read(0, 65536);
            List<String> lines = varve.run("status").out().lines().toList();
            String disk = lines.stream().filter(line -> line.startsWith("far ")).findFirst().orElseThrow();
            assertThat(disk).contains("64.0 KiB").contains("24.0 MiB");
            assertThat(lines).anyMatch(line -> line.startsWith("nbd+unix:///") && line.contains(" well "));
        }
    }

    @Test
    void shouldReadWithoutTheCacheThatAnotherProcessHas() throws Exception {
        varve.run("import", origin(), "far", "--lazy");
        try (Daemon daemon = varve.serve("far"); NbdClient client = daemon.connect("far@alice")) {
            client.read(0, 65536);
            Path copy = directory.resolve("copy.raw");
            Tool.Outcome outcome = varve.run("export", "far", copy, "--format", "raw");
            assertThat(outcome.errorLines()).as("it is no failure").isEmpty();
            assertThat(copy).hasSameBinaryContentAs(raw);
        }
    }

    @Test
    void shouldSayInOneLineWhatStandsInTheWay() {
        for (String[] wrong : new String[][] {
                {"nbd+unix:///?socket=/nowhere/at.sock", "/nowhere/at.sock"},
                {"http://127.0.0.1:1/disk.raw", "127.0.0.1:1"},
                {"ftp://127.0.0.1/disk.raw", "ftp"}}) {
            Tool.Outcome outcome = varve.tries("import", wrong[0], "far", "--lazy");
            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.errorLines()).as("%s", outcome).singleElement().asString().contains(wrong[1]);
        }
        assertThat(varve.run("images").out()).doesNotContain("far");
    }
}
