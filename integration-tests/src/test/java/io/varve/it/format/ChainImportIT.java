package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of other formats, made by qemu-img, into a store, and compared with what qemu-img makes of them. */
class ChainImportIT {

    /** No block of any format divides it. */
    private static final long SIZE = 8 * RawImages.MIB + 5 * 512;

    @TempDir
    private Path directory;
    private Path images;
    private Varve varve;

    @BeforeEach
    void directories() throws IOException {
        images = Files.createDirectories(directory.resolve("images"));
        varve = new Varve(directory.resolve("store"));
    }

    @Test
    void shouldImportChainsOfBackingFilesAndReadParentsOnce() throws Exception {
        RawImages.mixed(images.resolve("base.raw"), SIZE, 1);
        child("mid.qcow2", "base.raw", "raw", SIZE + 2 * RawImages.MIB, 2);
        child("top.qcow2", "mid.qcow2", "qcow2", SIZE + RawImages.MIB, 3);
        child("other.qcow2", "mid.qcow2", "qcow2", SIZE + 3 * RawImages.MIB, 4);

        Json top = importFile("top.qcow2", "win:top");
        Json other = importFile("other.qcow2", "win:other");
        Json again = importFile("top.qcow2", "win:again");
        Json mid = importFile("mid.qcow2", "win:mid");

        assertThat(top.number("knownLayers")).isZero();
        assertThat(other.number("knownLayers")).as("base and mid").isEqualTo(2);
        assertThat(again.number("knownLayers")).isEqualTo(3);
        assertThat(again.number("storedBytes")).isZero();
        assertThat(mid.number("knownLayers")).isEqualTo(2);
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            for (String name : List.of("top", "other", "mid")) {
                assertServed(daemon, "win:" + name, name + ".qcow2", "qcow2");
            }
        }
        assertThat(varve.run("verify").exitCode()).isZero();
    }

    @Test
    void shouldImportFilesWithoutParentsByTheirLooks() throws Exception {
        Path raw = RawImages.mixed(images.resolve("disk.raw"), SIZE, 5);
        convert(raw, "disk.qcow2", "qcow2");
        convert(raw, "small.qcow2", "qcow2", "-c");
        convert(raw, "dynamic.vhd", "vpc", "-o", "subformat=dynamic,force_size=on");
        convert(raw, "fixed.vhd", "vpc", "-o", "subformat=fixed,force_size=on");
        List<String> files = List.of("disk.qcow2", "small.qcow2", "dynamic.vhd", "fixed.vhd");
        for (String file : files) {
            varve.run("import", images.resolve(file), "disk:" + file);
        }
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            for (String file : files) {
                assertServed(daemon, "disk:" + file, "disk.raw", "raw");
            }
        }
    }

    @Test
    void shouldNotGiveAwayFilesThatAGuestNames() throws Exception {
        RawImages.mixed(images.resolve("secret.raw"), SIZE, 6);
        child("made-by-a-guest.qcow2", "secret.raw", "raw", SIZE, 7);
        Path disk = images.resolve("disk.img");
        Files.move(images.resolve("made-by-a-guest.qcow2"), disk);
        assertRefused("--format raw", "import", disk, "x");
        Files.copy(disk, images.resolve("disk.qcow2"));
        assertRefused("--format qcow2", "import", images.resolve("disk.qcow2"), "x");

        varve.run("import", disk, "x", "--format", "raw");
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            assertServed(daemon, "x", "disk.img", "raw");
        }
    }

    @Test
    void shouldLookForParentsOnlyWhereAllowed() throws Exception {
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        RawImages.mixed(images.resolve("base.raw"), SIZE, 8);
        Path child = child("child.qcow2", "base.raw", "raw", SIZE, 9);
        Path flat = directory.resolve("flat.raw");
        Tool.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", child, flat);
        Files.move(images.resolve("base.raw"), elsewhere.resolve("base.raw"));
        assertRefused("--parent-dir", "import", child, "x", "--format", "qcow2");
        Files.createSymbolicLink(images.resolve("base.raw"), elsewhere.resolve("base.raw"));
        assertRefused("outside of the directories", "import", child, "x", "--format", "qcow2");

        varve.run("import", child, "x", "--format", "qcow2", "--parent-dir", elsewhere);
        Files.move(flat, images.resolve("flat.raw"), StandardCopyOption.REPLACE_EXISTING);
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            assertServed(daemon, "x", "flat.raw", "raw");
        }
    }

    @Test
    void shouldSayHowToNameTheFormatOfABackingFile() throws Exception {
        RawImages.mixed(images.resolve("base.raw"), SIZE, 10);
        Path child = child("child.qcow2", "base.raw", "raw", SIZE, 11);
        // qemu-img no longer makes such files: the extension that holds the format becomes one that nobody knows.
        byte[] bytes = Files.readAllBytes(child);
        int extension = new String(bytes, 0, 4096, StandardCharsets.ISO_8859_1).indexOf("\u00e2\u0079\u002a\u00ca");
        assertThat(extension).isPositive();
        bytes[extension] = 0x11;
        Files.write(child, bytes);
        assertRefused("qemu-img rebase -u -F", "import", child, "x", "--format", "qcow2");
        assertThat(varve.run("images").out()).doesNotContain("x:");
    }

    private Json importFile(String file, String image) {
        return varve.run("import", "--json", "--format", "qcow2", images.resolve(file), image).json();
    }

    /** Writes, zeroes and leaves alone, by sectors. */
    private Path child(String name, String parent, String parentFormat, long size, long seed) {
        Path file = images.resolve(name);
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", parent, "-F", parentFormat, file, size);
        Random random = new Random(seed);
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
        for (int i = 0; i < 40; i++) {
            long sectors = 1 + random.nextInt(random.nextInt(4) == 0 ? 1000 : 20);
            long start = (long) (random.nextDouble() * (size / 512 - sectors));
            String what = random.nextInt(3) == 0 ? "write -z " : "write -P " + (1 + random.nextInt(255)) + " ";
            command.addAll(List.of("-c", what + start * 512 + " " + sectors * 512));
        }
        command.add(file);
        Tool.run(command.toArray());
        return file;
    }

    private void convert(Path raw, String name, String format, Object... options) {
        List<Object> command = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", format));
        command.addAll(List.of(options));
        command.addAll(List.of(raw, images.resolve(name)));
        Tool.run(command.toArray());
    }

    /** Byte for byte with what qemu-img reads from the files. */
    private void assertServed(Daemon daemon, String export, String file, String format) throws IOException {
        Path expected = directory.resolve("expected.raw");
        Path served = directory.resolve("served.raw");
        Tool.run("qemu-img", "convert", "-f", format, "-O", "raw", images.resolve(file), expected);
        Tool.run("nbdcopy", daemon.uri(export), served);
        assertThat(Files.mismatch(expected, served)).as(export).isEqualTo(-1);
        Files.delete(served);
    }

    private void assertRefused(String why, Object... command) {
        Tool.Outcome outcome = varve.tries(command);
        assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(1);
        assertThat(outcome.errorLines()).hasSize(1);
        assertThat(outcome.err()).contains(why);
    }
}
