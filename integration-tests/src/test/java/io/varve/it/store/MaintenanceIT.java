package io.varve.it.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A long chain becomes short, dense, and another one's, and nobody who reads it sees a difference. */
class MaintenanceIT {

    private static final long SIZE = 12 * RawImages.MIB + 512;
    private static final int LAYER_COUNT = 64;

    @TempDir
    Path directory;

    private Varve varve;
    /** What exports must read as. */
    private final Map<String, Path> contents = new TreeMap<>();

    private Path copy(Path file, String name) throws IOException {
        return Files.copy(file, directory.resolve(name + ".raw"));
    }

    /** Every commit adds a layer: some pages, and some of those that the last commit has written. */
    private void commitAgainAndAgain() throws IOException {
        Path disk = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 61);
        varve.run("import", disk, "disk:1");
        contents.put("disk:1", copy(disk, "first"));
        try (Daemon daemon = varve.serve("--max-layers", 0)) {
            for (int layer = 2; layer <= LAYER_COUNT; layer++) {
                String below = "disk:" + (layer - 1);
                try (NbdClient alice = daemon.connect(below + "@alice")) {
                    for (long offset : new long[] {layer * 60_000L, layer * 150_000L + 700, 9 * RawImages.MIB}) {
                        RawImages.scribble(disk, offset, 30_000, layer + offset);
                        alice.write(offset, RawImages.read(disk, offset, 30_000));
                    }
                    alice.disconnect();
                }
                commit(ExportName.parse(below + "@alice"), ImageName.parse("disk:" + layer));
            }
            try (NbdClient bob = daemon.connect("disk:" + LAYER_COUNT + "@bob")) {
                Path seen = copy(disk, "bob");
                RawImages.scribble(seen, 5 * RawImages.MIB + 100, 9000, 62);
                bob.write(5 * RawImages.MIB + 100, RawImages.read(seen, 5 * RawImages.MIB + 100, 9000));
                contents.put("disk:" + LAYER_COUNT + "@bob", seen);
                bob.disconnect();
            }
        }
        contents.put("disk:" + LAYER_COUNT, disk);
    }

    /** In this process, because a hundred commands take minutes. */
    private void commit(ExportName overlay, ImageName image) throws IOException {
        Store store = Store.open(new NativeFileSpace(), varve.store());
        Await.until("the end of " + overlay, Duration.ofSeconds(20), () -> {
            try {
                store.commit(overlay, image);
                store.reset(overlay);
                return true;
            } catch (StoreException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }, () -> "it is still in use, or cannot be committed");
    }

    private void assertServesEverything(String what) throws IOException {
        Path copy = directory.resolve("copy.raw");
        try (Daemon daemon = varve.serve("--max-layers", 0)) {
            for (Map.Entry<String, Path> entry : contents.entrySet()) {
                Tool.run("nbdcopy", daemon.uri(entry.getKey()), copy);
                assertThat(Files.mismatch(entry.getValue(), copy)).as("%s: %s", what, entry.getKey()).isEqualTo(-1);
                Files.delete(copy);
            }
        }
        assertThat(varve.run("verify").out()).as(what).contains("all is well");
    }

    private int layerCount(String image) {
        return varve.run("show", image, "--json").json().at("layers").all().size();
    }

    @Test
    void shouldChangeNoByteFromManyLayersToOne() throws IOException {
        varve = new Varve(directory.resolve("store"));
        commitAgainAndAgain();
        assertThat(layerCount("disk:64")).isEqualTo(LAYER_COUNT);
        assertThat(varve.run("gc", "--grace", "0").out()).contains("freed 0 B (0 bytes)");

        assertThat(varve.run("merge", "disk:64", "--down", "40").out()).contains("64 layers became 25");
        assertThat(layerCount("disk:64")).isEqualTo(25);
        assertServesEverything("merged");

        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE - RawImages.MIB, 63);
        varve.run("import", other, "other");
        contents.put("other", other);
        assertThat(varve.run("rebase", "disk:64", "--onto", "other").out()).contains("2 layers");
        assertServesEverything("rebased");

        varve.run("flatten", "disk:64", "flat", "--rate", "200M");
        contents.put("flat", contents.get("disk:64"));
        assertThat(varve.run("flatten", "disk:64").out()).contains("2 layers became 1");
        assertServesEverything("flat");

        for (int layer = 2; layer < LAYER_COUNT; layer++) {
            Files.delete(varve.store().resolve("images/disk/" + layer + ".json"));
        }
        String waiting = varve.run("gc").out();
        assertThat(waiting).contains("freed 0 B").contains("younger than 1 d 0 h");
        String planned = varve.run("gc", "--grace", "0", "--dry-run").out();
        assertThat(planned).contains("would free ").doesNotContain("(0 bytes)");
        String freed = varve.run("gc", "--grace", "0").out();
        assertThat(freed).isEqualTo(planned.replace("would free", "freed"));
        assertThat(varve.run("gc", "--grace", "0").out()).contains("freed 0 B (0 bytes)");
        assertServesEverything("collected");
    }

    @Test
    void shouldSayInOneLineWhatCannotBe() throws IOException {
        varve = new Varve(directory.resolve("store"));
        Path disk = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 64);
        varve.run("import", disk, "disk:1");
        try (FileChannel file = FileChannel.open(disk, StandardOpenOption.WRITE)) {
            file.truncate(SIZE / 2);
        }
        RawImages.scribble(disk, 5000, 5000, 65);
        varve.run("import", disk, "disk:2", "--parent", "disk:1");

        assertRefused(1, "has 2 layers", "merge", "disk:2", "--down", "3");
        assertRefused(1, "stands on its layers", "rebase", "disk:1", "--onto", "disk:2");
        assertRefused(1, "disk:1: already in the store", "flatten", "disk:2", "disk:1");
        assertRefused(1, "atlantis: not in the store", "flatten", "atlantis");
        assertRefused(2, "--down", "merge", "disk:2");
        assertRefused(2, "'soon' is no time", "gc", "--grace", "soon");
        Files.writeString(varve.store().resolve("images/disk/1.json"), "{");
        assertRefused(1, "nothing was deleted", "gc", "--grace", "0");
        assertThat(varve.run("rebase", "disk:2", "--onto", "disk:2").out()).contains("nothing to rebase");
    }

    private void assertRefused(int exitCode, String words, Object... command) {
        Tool.Outcome outcome = varve.tries(command);
        assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(exitCode);
        assertThat(outcome.errorLines()).as("%s", outcome).singleElement().asString().contains(words);
    }
}
