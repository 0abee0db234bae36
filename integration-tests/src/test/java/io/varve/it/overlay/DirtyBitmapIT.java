package io.varve.it.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client has written since a bitmap was started, through the eyes of libnbd and of QEMU. */
class DirtyBitmapIT {

    private static final long GRANULE = 65536;
    private static final long SIZE = 16 * RawImages.MIB + 512;
    private static final String ALICE = "disk@alice";
    private static final String CONTEXT = "qemu:dirty-bitmap:inc";

    @TempDir
    Path directory;

    private Served served;

    @BeforeEach
    void serve() {
        served = Served.mixed(directory, SIZE, 51);
    }

    @AfterEach
    void stop() {
        served.close();
    }

    private static void write(NbdClient client, long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) (offset / 512 + 1));
        client.write(offset, bytes);
    }

    private Json bitmap() {
        return served.varve().run("bitmap", "list", ALICE, "--json").json().at(0);
    }

    /** Starts of the dirty granules. */
    private List<Long> mapped() {
        List<Long> dirty = new ArrayList<>();
        for (Json extent : Tool.run("nbdinfo", "--json", "--map=" + CONTEXT, served.uri(ALICE)).json().all()) {
            long start = extent.number("offset");
            for (long at = start; extent.number("type") == 1 && at < start + extent.number("length"); at += GRANULE) {
                dirty.add(at);
            }
        }
        return dirty;
    }

    private List<Long> mappedByQemu() {
        Tool.Outcome map = Tool.run("qemu-img", "map", "--output=json", "--image-opts",
                "driver=nbd,server.type=unix,server.path=" + served.daemon().socket() + ",export=" + ALICE
                        + ",x-dirty-bitmap=" + CONTEXT);
        List<Long> dirty = new ArrayList<>();
        for (Json extent : map.json().all()) {
            long start = extent.number("start");
            // QEMU takes bit 0 for a hole, whatever the context: what is dirty is no data.
            for (long at = start; !extent.flag("data") && at < start + extent.number("length"); at += GRANULE) {
                dirty.add(at);
            }
        }
        return dirty;
    }

    @Test
    void shouldShowForeignClientsWhatIsDirty() throws IOException {
        try (NbdClient alice = served.daemon().connect(ALICE)) {
            write(alice, 0, 4096);
            served.varve().run("bitmap", "start", ALICE, "inc");
            write(alice, 3 * GRANULE - 512, 1024);
            alice.trim(10 * GRANULE, 2 * GRANULE, 0);
            write(alice, SIZE - 512, 512);

            List<Long> written = List.of(2 * GRANULE, 3 * GRANULE, 10 * GRANULE, 11 * GRANULE, 256 * GRANULE);
            assertThat(mapped()).isEqualTo(written);
            assertThat(mappedByQemu()).isEqualTo(written);
            assertThat(bitmap().number("dirtyBytes")).isEqualTo(4 * GRANULE + 512);
            assertThat(bitmap().text("state")).isEqualTo("exact");
            alice.disconnect();
        }
        assertThat(served.varve().run("bitmap", "list", ALICE).out()).contains("inc", "exact");
    }

    @Test
    void shouldListItAsQemuDocuments() {
        Tool.run("nbdinfo", served.uri(ALICE));
        served.varve().run("bitmap", "start", ALICE, "inc");
        served.varve().run("bitmap", "start", ALICE, "other");

        assertThat(listed("qemu:dirty-bitmap:")).isEqualTo("qemu:dirty-bitmap:inc qemu:dirty-bitmap:other");
        assertThat(listed("qemu:")).isEqualTo(
                "qemu:allocation-depth qemu:dirty-bitmap:inc qemu:dirty-bitmap:other");
        assertThat(listed(CONTEXT)).isEqualTo(CONTEXT);
        assertThat(listed("qemu:dirty-bitmap:none")).isEmpty();
    }

    private String listed(String query) {
        return Tool.run("nbdsh", "-c", "h.set_opt_mode(True)", "-c", "h.connect_uri('" + served.uri(ALICE) + "')", "-c",
                "h.add_meta_context('" + query + "')", "-c", "found = []", "-c",
                "h.opt_list_meta_context(lambda name: found.append(name))", "-c", "print(' '.join(found))", "-c",
                "h.opt_abort()").out().strip();
    }

    /** A full backup, and later only what is dirty: what a backup tool does. */
    @Test
    void shouldCarryAnIncrementalBackup() throws IOException {
        Path backup = directory.resolve("backup.raw");
        Path whole = directory.resolve("whole.raw");
        try (NbdClient alice = served.daemon().connect(ALICE)) {
            write(alice, 5 * GRANULE, 100_000);
            served.varve().run("bitmap", "start", ALICE, "inc");
            Tool.run("nbdcopy", served.uri(ALICE), backup);
            write(alice, GRANULE + 77, 9);
            served.varve().run("snapshot", ALICE, "disk:monday");
            alice.trim(5 * GRANULE, GRANULE, 0);
            write(alice, 9 * RawImages.MIB, (int) RawImages.MIB);
            alice.flush();
            alice.disconnect();
        }
        served.restart();
        assertThat(bitmap().text("state")).isEqualTo("exact");

        Tool.Outcome copied = Tool.run("nbdsh", "-c", """
                h.add_meta_context('%s')
                h.connect_uri('%s')
                copied = 0
                with open('%s', 'r+b') as backup:
                    at = 0
                    while at < h.get_size():
                        extents = []
                        h.block_status(h.get_size() - at, at, lambda c, o, e, err: extents.extend(e))
                        for length, flags in zip(extents[::2], extents[1::2]):
                            if flags & 1:
                                backup.seek(at)
                                backup.write(h.pread(length, at))
                                copied += length
                            at += length
                print(copied)
                """.formatted(CONTEXT, served.uri(ALICE), backup));

        Tool.run("nbdcopy", served.uri(ALICE), whole);
        assertThat(Files.mismatch(backup, whole)).isEqualTo(-1);
        assertThat(Long.parseLong(copied.out().strip())).isEqualTo(2 * GRANULE + RawImages.MIB);
    }

    @Test
    void shouldBeASupersetAfterAKill() throws IOException {
        try (NbdClient alice = served.daemon().connect(ALICE)) {
            write(alice, 0, 4096);
            served.varve().run("bitmap", "start", ALICE, "inc");
            write(alice, 7 * GRANULE, 4096);
            alice.flush();
            served.killAndRestart();
        }
        assertThat(mapped()).containsExactly(0L, 7 * GRANULE);
        assertThat(bitmap().text("state")).isEqualTo("superset");
        served.varve().run("bitmap", "drop", ALICE, "inc");
        served.varve().run("bitmap", "start", ALICE, "inc");
        assertThat(mapped()).isEmpty();
        assertThat(served.varve().run("verify").exitCode()).isZero();
    }

    @Test
    void shouldWorkWithoutADaemonAndRefuseMistakesInOneLine() {
        Tool.run("nbdinfo", served.uri(ALICE));
        served.daemon().stop();
        served.varve().run("bitmap", "start", ALICE, "inc");
        assertThat(served.varve().run("bitmap", "list", ALICE).out()).contains("inc", "exact");

        refused("disk@bob", "inc", "not in the store");
        refused(ALICE, "inc", "there is one of that name");
        refused(ALICE, "a/b", "letters, digits");
        served.varve().run("bitmap", "drop", ALICE, "inc");
        served.restart();
        refused("disk@bob", "inc", "not in the store");
        assertThat(served.varve().run("bitmap", "list", ALICE, "--json").json().all()).isEmpty();
    }

    private void refused(String overlay, String name, String why) {
        Tool.Outcome refused = served.varve().tries("bitmap", "start", overlay, name);
        assertThat(refused.exitCode()).as("%s", refused).isEqualTo(1);
        assertThat(refused.errorLines()).as("%s", refused).singleElement().asString().contains(why);
    }
}
