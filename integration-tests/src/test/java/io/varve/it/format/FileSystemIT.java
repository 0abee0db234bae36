package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * File systems inside every format, and children that change files in them: served, and what comes out is checked by
 * the file system's own tools.
 */
class FileSystemIT {

    private static final long SIZE = 24 * RawImages.MIB + 5 * 512;
    private static final String FIRST = "first words\n";
    private static final String CHANGED = "other words, of another length\n";

    @TempDir
    Path directory;

    private enum Kind {

        EXT4 {
            @Override
            void make(Path raw, Path tree) {
                Tool.run("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, raw);
            }

            @Override
            void put(Path raw, Path file) {
                // The command takes no file that is there already.
                Tool.run("debugfs", "-w", "-R", "rm " + file.getFileName(), raw);
                Tool.run("debugfs", "-w", "-R", "write " + file + " " + file.getFileName(), raw);
            }

            @Override
            void check(Path raw) {
                Tool.run("e2fsck", "-f", "-n", raw);
            }

            @Override
            String read(Path raw, String name) {
                return Tool.run("debugfs", "-R", "cat " + name, raw).out();
            }
        },
        NTFS {
            @Override
            void make(Path raw, Path tree) throws IOException {
                Tool.run("mkntfs", "-q", "-Q", "-F", "-s", 512, raw);
                try (var files = Files.list(tree)) {
                    files.forEach(file -> put(raw, file));
                }
            }

            @Override
            void put(Path raw, Path file) {
                Tool.run("ntfscp", "-q", raw, file, file.getFileName());
            }

            @Override
            void check(Path raw) {
                assertThat(Tool.run("ntfsfix", "-n", raw).out()).contains("processed successfully");
                assertThat(Tool.run("ntfsinfo", "-m", raw).out()).contains("Volume Version: 3.1");
            }

            @Override
            String read(Path raw, String name) {
                return Tool.run("ntfscat", raw, name).out();
            }
        };

        abstract void make(Path raw, Path tree) throws IOException;

        /** Makes a file, or gives it another content. */
        abstract void put(Path raw, Path file);

        abstract void check(Path raw);

        abstract String read(Path raw, String name);
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeSoundInEveryFormat(Kind kind) throws IOException {
        Path base = base(kind);
        Path changed = changed(kind, base);
        List<Object> options = new ArrayList<>(List.of("--overlay", "none", "--image-format", "auto"));
        for (Path image : List.of(base, converted(base, "qcow2", "qcow2", "cluster_size=64k"),
                converted(base, "vhd", "vpc", "subformat=dynamic,force_size=on"),
                converted(base, "vhdx", "vhdx", "subformat=dynamic"))) {
            String suffix = image.getFileName().toString().replaceAll(".*\\.", "");
            options.addAll(List.of("--image-file", "alone:" + suffix + "=" + image));
        }
        for (ChainMaker maker : ChainMaker.values()) {
            options.addAll(List.of("--image-file", "child:" + maker + "=" + child(maker, base, changed)));
        }
        Varve varve = new Varve(directory.resolve("store"));
        try (Daemon daemon = varve.serve(options.toArray())) {
            for (String suffix : List.of("raw", "qcow2", "vhd", "vhdx")) {
                requireSound(kind, daemon.uri("alone:" + suffix), base, FIRST);
            }
            for (ChainMaker maker : ChainMaker.values()) {
                requireSound(kind, daemon.uri("child:" + maker), changed, CHANGED);
            }
        }
        Path backed = directory.resolve("backed.qcow2");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-B", base, "-F", "raw", changed, backed);
        try (Daemon daemon = varve.serve(
                "--overlay", "none", "--image-format", "qcow2", "--image-file", "child:qcow2=" + backed)) {
            requireSound(kind, daemon.uri("child:qcow2"), changed, CHANGED);
        }
    }

    /** One file that stays, one that changes, and one that fills blocks. */
    private Path base(Kind kind) throws IOException {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("stays.txt"), FIRST);
        Files.writeString(tree.resolve("changes.txt"), FIRST);
        byte[] bytes = new byte[5 * RawImages.MIB + 700];
        new Random(41).nextBytes(bytes);
        Files.write(tree.resolve("large.bin"), bytes);
        Path raw = directory.resolve("base.raw");
        resize(raw);
        kind.make(raw, tree);
        resize(raw);
        return raw;
    }

    private static void resize(Path raw) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(SIZE);
        }
    }

    private Path changed(Kind kind, Path base) throws IOException {
        Path raw = Files.copy(base, directory.resolve("changed.raw"));
        Path file = directory.resolve("changes.txt");
        Files.writeString(file, CHANGED);
        kind.put(raw, file);
        return raw;
    }

    private Path converted(Path base, String suffix, String format, String options) {
        Path image = directory.resolve("alone." + suffix);
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", format, "-o", options, base, image);
        return image;
    }

    /** Two files: of the sectors of the base that are not zero, and of those that changed. */
    private Path child(ChainMaker maker, Path base, Path changed) throws IOException {
        Path home = Files.createDirectory(directory.resolve(maker.name()));
        List<Difference> contents = List.of(
                Difference.between(new byte[(int) SIZE], Files.readAllBytes(base)),
                Difference.between(Files.readAllBytes(base), Files.readAllBytes(changed)));
        return maker.write(home, contents, new Random(42)).get(1).path();
    }

    private void requireSound(Kind kind, String uri, Path expected, String content) throws IOException {
        Path served = directory.resolve("served.raw");
        Files.deleteIfExists(served);
        Tool.run("nbdcopy", uri, served);
        kind.check(served);
        assertThat(kind.read(served, "stays.txt")).as(uri).isEqualTo(FIRST);
        assertThat(kind.read(served, "changes.txt")).as(uri).isEqualTo(content);
        assertThat(Files.mismatch(served, expected)).as(uri).isEqualTo(-1);
    }
}
