package io.varve.it.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Overlays that are reset, that are in memory, and that have a quota, as clients see them. */
class OverlayModesIT {

    private static final long SIZE = 16 * RawImages.MIB;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    /** Runs with {@code h} connected to the client's export, {@code raw} the imported file. */
    private static void script(Served served, String client, String code) {
        String preamble = "import errno\nraw = open('" + served.raw() + "', 'rb').read()\n"
                + "h.connect_uri('" + served.uri("disk@" + client) + "')\n"
                + "def refused(call):\n"
                + "    try:\n"
                + "        call()\n"
                + "    except nbd.Error as e:\n"
                + "        assert e.errnum == errno.ENOSPC, e\n"
                + "        return\n"
                + "    assert False, 'it was not refused'\n";
        Tool.Outcome outcome =
                Tool.run("nbdsh", "-c", preamble + code + "\nh.shutdown()\nprint('end of script')");
        assertThat(outcome.out()).endsWith("end of script\n");
    }

    private static void fio(Served served, String client, String... options) {
        Object[] command = Stream.concat(
                        Stream.of("fio", "--name=verify", "--ioengine=nbd",
                                "--uri=" + served.uri("disk@" + client), "--rw=randwrite", "--size=16m",
                                "--iodepth=16", "--verify=crc32c", "--verify_fatal=1", "--randseed=7",
                                "--verify_state_save=0", "--aux-path=" + served.raw().getParent()),
                        Arrays.stream(options))
                .toArray();
        Tool.of(command).within(Duration.ofMinutes(5)).run().orFail();
    }

    private static Json status(Served served) {
        return served.varve().run("status", "--json").json();
    }

    private static void awaitNoDisk(Served served) {
        Await.until("the client's disk is closed", PATIENCE, () -> status(served).at("disks").all().isEmpty(),
                () -> status(served).toString());
    }

    @Test
    void shouldStartEveryBootFromTheImage() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 51, "--overlay", "reset-on-boot")) {
            String write = "h.pwrite(b'm' * 100000, 70000)\nh.flush()\nassert h.pread(100000, 70000) == b'm' * 100000";
            String fresh = "assert h.pread(len(raw), 0) == raw\n";
            script(served, "alice", fresh + write);
            awaitNoDisk(served);
            Json overlay = served.varve().run("overlays", "--json").json().at(0);
            assertThat(overlay.text("mode")).isEqualTo("reset-on-boot");
            assertThat(overlay.number("presentPages")).isEqualTo(25);

            String shown = served.varve().run("show", "disk@alice").out();
            assertThat(shown)
                    .contains("reset-on-boot", "until the client comes back", "100.0 KiB of data", "flush, FUA");

            served.varve().run("commit", "disk@alice", "disk:alice");
            script(served, "alice", fresh + write);
            served.killAndRestart();
            assertThat(served.varve().run("overlays").out()).contains("alice", "reset-on-boot");
            script(served, "alice", fresh + write);
            awaitNoDisk(served);
            served.varve().run("reset", "disk@alice");
            assertThat(served.varve().run("overlays").out()).doesNotContain("alice");
            script(served, "alice", fresh);

            try (NbdClient committed = served.daemon().connect("disk:alice")) {
                assertThat(committed.read(70000, 100000)).containsOnly('m');
            }
            assertThat(directory.resolve("store/tmp")).isEmptyDirectory();
        }
    }

    @Test
    void shouldKeepTheDiskOfAClientWhileAnyOfItsConnectionsLives() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 52, "--overlay", "reset-on-boot");
                NbdClient first = served.daemon().connect("disk@alice")) {
            byte[] bytes = "still here".getBytes(StandardCharsets.US_ASCII);
            first.write(5, bytes);
            script(served, "alice", "assert h.pread(10, 5) == b'still here'");
            assertThat(first.read(5, bytes.length)).isEqualTo(bytes);
            first.disconnect();
        }
    }

    @Test
    void shouldVerifyWritesToMemoryAndWhatOverflows() {
        try (Served served = Served.mixed(directory, SIZE, 53, "--overlay", "memory", "--memory", "6M")) {
            fio(served, "fio", "--bs=4k", "--do_verify=1");
            fio(served, "fio", "--bsrange=4k-64k", "--bs_unaligned=1", "--do_verify=1");
            awaitNoDisk(served);
            Json status = status(served);
            assertThat(status.text("overlayMode")).isEqualTo("memory");
            assertThat(status.number("overlayMemory")).isEqualTo(6 * RawImages.MIB);
            assertThat(status.number("overlayMemoryTaken")).isZero();
            assertThat(directory.resolve("store/ephemeral")).isEmptyDirectory();
            assertThat(served.varve().run("status").out()).contains("memory", "6.0 MiB", "gone when the client leaves");
        }
    }

    @Test
    void shouldTellWhatIsInMemoryAndForgetItWithTheClient() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 54, "--overlay", "memory", "--memory", "4M",
                "--quota", "8M")) {
            try (NbdClient alice = served.daemon().connect("disk@alice")) {
                alice.write(0, new byte[(int) (6 * RawImages.MIB)]);
                Json disk = status(served).at("disks", 0);
                assertThat(disk.text("overlayMode")).isEqualTo("memory");
                assertThat(disk.number("overlayBytes")).isEqualTo(6 * RawImages.MIB);
                assertThat(disk.number("overlayMemory")).isEqualTo(4 * RawImages.MIB);
                assertThat(disk.number("overlayQuota")).isEqualTo(8 * RawImages.MIB);
                alice.disconnect();
            }
            awaitNoDisk(served);
            assertThat(status(served).number("overlayMemoryTaken")).isZero();
            script(served, "alice", """
                    assert h.pread(len(raw), 0) == raw
                    h.pwrite(b'a' * (8 << 20), 0)
                    refused(lambda: h.pwrite(b'b' * 4096, 8 << 20))
                    h.trim(1 << 20, 1 << 20)
                    h.pwrite(b'c' * 4096, 8 << 20)
                    assert h.pread(1 << 20, 0) == b'a' * (1 << 20)
                    assert h.pread(1 << 20, 1 << 20) == bytes(1 << 20)
                    assert h.pread(6 << 20, 2 << 20) == b'a' * (6 << 20)
                    assert h.pread(4096, 8 << 20) == b'c' * 4096
                    """);
        }
    }

    @Test
    void shouldHoldEveryOverlayToItsQuota() throws IOException {
        try (Served served = Served.mixed(directory, SIZE, 55, "--quota", "1M")) {
            script(served, "alice", """
                    h.pwrite(b'a' * (1 << 20), 4096)
                    h.pwrite(b'A' * 8192, 8000)
                    refused(lambda: h.pwrite(b'b', 4 << 20))
                    refused(lambda: h.pwrite(b'b' * 8192, 4096 - 100))
                    refused(lambda: h.zero(4096, 4 << 20, nbd.CMD_FLAG_NO_HOLE))
                    assert h.pread(len(raw) - (2 << 20), 2 << 20) == raw[2 << 20:]
                    assert h.pread(4096, 0) == raw[:4096]
                    h.flush()
                    """);
            script(served, "bob", "h.pwrite(b'b' * (1 << 20), 0)");
            served.restart();
            script(served, "alice", """
                    refused(lambda: h.pwrite(b'b', 4 << 20))
                    h.zero(9 * 4096, 40960)
                    h.pwrite(b'z' * 8192, 5 << 20, nbd.CMD_FLAG_FUA)
                    refused(lambda: h.pwrite(b'b' * 8 * 4096, 6 << 20))
                    h.pwrite(b'y' * 7 * 4096, 6 << 20)
                    """);
            assertThat(served.varve().run("overlays").out()).contains("1.0 MiB");
            assertThat(served.varve().run("overlays", "--json").json().at(0).number("quota"))
                    .isEqualTo(RawImages.MIB);
            assertThat(status(served).number("overlayQuota")).isEqualTo(RawImages.MIB);
        }
    }
}
