package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Image files that are served where they are. */
class ImageFileIT {

    /** No whole number of pages, blocks or clusters. */
    private static final long SIZE = 21L * RawImages.MIB + 1536;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path raw;
    private Varve varve;

    @BeforeEach
    void makeImage() {
        raw = RawImages.mixed(directory.resolve("lab.raw"), SIZE, 11);
        varve = new Varve(directory.resolve("store"));
    }

    private Path converted(String name, String... options) {
        Path file = directory.resolve(name);
        Tool.run(concat(concat(new Object[] {"qemu-img", "convert", "-f", "raw"}, options),
                new Object[] {raw, file})).orFail();
        return file;
    }

    private static Object[] concat(Object[] one, Object[] other) {
        Object[] all = Arrays.copyOf(one, one.length + other.length, Object[].class);
        System.arraycopy(other, 0, all, one.length, other.length);
        return all;
    }

    private void requireEqual(Path expected, String uri) {
        Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", expected, uri).orFail();
    }

    @Test
    void shouldServeEveryFormatAsItIs() {
        Path qcow2 = converted("lab.qcow2", "-O", "qcow2");
        Path packed = converted("packed.qcow2", "-O", "qcow2", "-c");
        Path dynamic = converted("dynamic.vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size=on");
        Path vhdx = converted("window.vhdx", "-O", "vhdx");
        Path fixed = converted("fixed.vhd", "-O", "vpc", "-o", "subformat=fixed,force_size=on");
        try (Daemon daemon = varve.serve("--image-file", raw, "--image-file", "q=" + qcow2, "--image-file", packed,
                "--image-file", dynamic, "--image-file", vhdx, "--image-file", fixed)) {
            for (String export : new String[] {"lab", "q", "packed", "dynamic", "window", "fixed"}) {
                requireEqual(raw, daemon.uri(export));
            }
        }
    }

    /** One MiB of data in 64: the rest is a hole in whichever format. */
    @Test
    void shouldTellWhereItsHolesAre() throws IOException {
        Path sparse = directory.resolve("sparse.raw");
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(64L * RawImages.MIB);
        }
        RawImages.scribble(sparse, 10L * RawImages.MIB, RawImages.MIB, 3);
        raw = sparse;
        Path qcow2 = converted("hole.qcow2", "-O", "qcow2");
        Path vhd = converted("hole-vhd.vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size=on");
        Path vhdx = converted("hole-vhdx.vhdx", "-O", "vhdx");
        try (Daemon daemon = varve.serve("--image-file", sparse, "--image-file", qcow2, "--image-file", vhd,
                "--image-file", vhdx)) {
            for (String export : new String[] {"sparse", "hole", "hole-vhd", "hole-vhdx"}) {
                String map = Tool.run("nbdinfo", "--map", daemon.uri(export)).out();
                assertThat(map.lines().filter(line -> line.endsWith("hole,zero")).count()).as(map)
                        .isBetween(2L, 3L);
                assertThat(map.lines().findFirst().orElseThrow()).matches(" *0 +[0-9]+ +3 +hole,zero");
                requireEqual(sparse, daemon.uri(export));
            }
        }
    }

    @Test
    void shouldServeAFileAndItsParents() throws IOException {
        Path parent = converted("parent.qcow2", "-O", "qcow2");
        Path child = directory.resolve("child.qcow2");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "parent.qcow2", "-F", "qcow2", child).orFail();
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 3000k", "-c", "write -P 9 9M 512",
                "-c", "write -z 12M 1M", child).orFail();
        Path expected = directory.resolve("expected.raw");
        Tool.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", child, expected).orFail();
        // What only looks like an image with a parent may be the disk of a guest that wants a file of the host.
        assertThat(varve.tries("serve", "--image-file", child).errorLines()).singleElement().asString()
                .contains("has a parent").contains("--image-format qcow2").contains("--image-format raw");
        try (Daemon daemon = varve.serve("--image-file", child, "--image-format", "qcow2")) {
            requireEqual(expected, daemon.uri("child"));
        }
        assertThat(parent).exists();
    }

    @Test
    void shouldKeepWhatClientsWriteAndNothingElse() throws IOException {
        Path file = converted("lab.vhd", "-O", "vpc", "-o", "subformat=dynamic,force_size=on");
        byte[] before = Files.readAllBytes(file);
        try (Daemon daemon = varve.serve("--image-file", file)) {
            Tool.run("qemu-io", "-f", "raw", "-c", "write -P 3 5M 100k", "-c", "flush", daemon.uri("lab@alice"))
                    .orFail();
        }
        try (Daemon daemon = varve.serve("--image-file", file)) {
            Tool.run("qemu-io", "-f", "raw", "-c", "read -P 3 5M 100k", daemon.uri("lab@alice")).orFail();
            requireEqual(raw, daemon.uri("lab"));
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThat(varve.tries("serve", "--image-file", file).errorLines()).singleElement().asString()
                .contains(file.toString()).contains("changed").contains("--image-file NAME=");
    }

    @Test
    void shouldImportWhileItServes() throws IOException {
        Path file = converted("lab.qcow2", "-O", "qcow2");
        try (Daemon daemon = varve.serve("--image-file", file, "--import"); NbdClient client =
                daemon.connect("lab@bob")) {
            Await.until("the import", PATIENCE, () -> !varve.run("show", "lab").out().contains("in place"),
                    daemon::log);
            requireEqual(raw, daemon.uri("lab"));
            client.read(0, 4096);
        }
        Files.delete(file);
        varve.run("verify");
        try (Daemon daemon = varve.serve("lab")) {
            requireEqual(raw, daemon.uri("lab@bob"));
        }
    }

    @Test
    void shouldSayWhatIsWrong() throws IOException {
        Path file = directory.resolve("bad.vhd");
        Files.write(file, new byte[100]);
        assertThat(varve.tries("serve", "--image-file", file, "--image-format", "vhd").errorLines()).singleElement()
                .asString().contains(file.toString());
        assertThat(varve.tries("serve", "--image-file", directory.resolve("none.vhd")).errorLines()).singleElement()
                .asString().contains("none.vhd");
        assertThat(varve.tries("serve", "--image-file", raw, "--image-format", "vdi").errorLines().toString())
                .contains("auto, raw, qcow2, vhd, vhdx");
    }
}
