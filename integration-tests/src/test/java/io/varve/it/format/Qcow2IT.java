package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.qcow2.Qcow2Image;
import io.varve.daemon.format.raw.RawImage;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.Await;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What qemu-img and qemu-io write is read as they read it. */
class Qcow2IT {

    private static final long MIB = 1 << 20;
    /** No cluster divides it. */
    private static final long ODD_SIZE = 9 * MIB + 3 * 512;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {
        "compat=0.10", "compat=0.10,cluster_size=512", "compat=0.10,preallocation=metadata", "compat=1.1",
        "cluster_size=512", "cluster_size=4k", "cluster_size=2M", "preallocation=metadata", "lazy_refcounts=on",
        "refcount_bits=1", "compression_type=zstd", "compression_type=zstd,cluster_size=1M", "extended_l2=on",
        "extended_l2=on,cluster_size=16k", "extended_l2=on,cluster_size=2M",
        "extended_l2=on,preallocation=metadata,cluster_size=128k"})
    void shouldReadWhatRandomWritesLeft(String options) throws IOException {
        for (long seed = 1; seed <= 2; seed++) {
            Path image = directory.resolve("seed" + seed);
            Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, ODD_SIZE);
            write(image, new Random(seed), 30, !options.matches(".*(refcount_bits=1|preallocation).*"));
            assertSame("seed " + seed, image);
        }
    }

    @ParameterizedTest
    @CsvSource({"compat=0.10", "cluster_size=512", "cluster_size=4k", "cluster_size=64k", "cluster_size=2M",
        "'compression_type=zstd'", "'compression_type=zstd,cluster_size=4k'",
        "'compression_type=zstd,cluster_size=2M'", "'extended_l2=on,compression_type=zstd'"})
    void shouldReadCompressedFiles(String options) throws IOException {
        Path raw = RawImages.mixed(directory.resolve("raw"), 7 * MIB + 512, 11);
        RawImages.scribble(raw, 0, 1000, 1);
        Path image = directory.resolve("image");
        Tool.run("qemu-img", "convert", "-q", "-c", "-f", "raw", "-O", "qcow2", "-o", options, raw, image);
        assertSame(options, image);
        write(image, new Random(5), 12, false);
        assertSame(options + ", written to", image);
    }

    @ParameterizedTest
    @ValueSource(strings = {"compat=0.10", "cluster_size=512", "cluster_size=64k", "extended_l2=on"})
    void shouldReadChainsOfAnySizes(String options) throws IOException {
        for (long seed = 1; seed <= 2; seed++) {
            Random random = new Random(seed);
            Path base = RawImages.mixed(directory.resolve("base" + seed), size(random), seed);
            Path middle = child("middle" + seed, options, base, "raw", size(random));
            write(middle, random, 12, true);
            Path top = child("top" + seed, options, middle, "qcow2", size(random));
            write(top, random, 12, true);
            assertSame("seed " + seed, top);
        }
    }

    @Test
    void shouldReadEmptyAndFullDisksAndEachBoundary() throws IOException {
        Path image = directory.resolve("image");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", image, ODD_SIZE);
        assertSame("empty", image);
        List<String> commands = new ArrayList<>();
        for (long offset = 0; offset < ODD_SIZE; offset += 65536) {
            commands.add("write -P " + (1 + offset / 65536 % 250) + " " + offset + " 512");
            commands.add("write -P 7 " + Math.min(ODD_SIZE - 512, offset + 65536 - 512) + " 512");
        }
        qemuIo(image, commands);
        assertSame("boundaries", image);
        Path raw = directory.resolve("raw");
        Files.write(raw, new byte[(int) MIB + 512]);
        RawImages.scribble(raw, 0, (int) MIB + 512, 3);
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image);
        assertSame("full", image);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cluster_size=64k", "cluster_size=2M", "extended_l2=on,cluster_size=64k"})
    void shouldReadAboveFourGibibytes(String options) throws IOException {
        long size = 5 * 1024 * MIB + 512;
        Path image = directory.resolve("image");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, size);
        long four = 4096 * MIB;
        qemuIo(image, List.of("write -P 1 " + (four - 512) + " 1024", "write -P 2 " + (size - 512) + " 512",
                "write -z " + (four + 8 * MIB) + " 1M", "write -P 3 0 512", "write -c -P 4 " + (four + 4 * MIB)
                        + " 2M"));
        assertSame(options, image);
    }

    @Test
    void shouldIgnoreSnapshotsInside() throws IOException {
        Path image = directory.resolve("image");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", image, ODD_SIZE);
        for (int i = 0; i < 3; i++) {
            write(image, new Random(i), 10, i == 0);
            Tool.run("qemu-img", "snapshot", "-c", "s" + i, image);
        }
        write(image, new Random(9), 10, false);
        assertSame("after three", image);
        Tool.run("qemu-img", "snapshot", "-a", "s1", image);
        assertSame("back to the second", image);
    }

    @Test
    void shouldReadADiskWhoseBackingFileWasTakenAway() throws IOException {
        Path base = RawImages.mixed(directory.resolve("base"), MIB, 1);
        Path image = child("image", "compat=1.1", base, "raw", MIB);
        write(image, new Random(1), 4, true);
        Tool.run("qemu-img", "rebase", "-u", "-f", "qcow2", "-b", "", image);
        assertSame("taken away", image);
    }

    @Test
    void shouldRefuseWhatQemuEncryptsOrKeepsElsewhere() throws IOException {
        Path luks = directory.resolve("luks");
        Tool encrypt = Tool.of("qemu-img", "create", "-q", "--object", "secret,id=s,data=geheim", "-f", "qcow2", "-o",
                "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", luks, MIB);
        // It measures how fast it is, and gives up where the kernel's clock of its thread stands still meanwhile.
        Await.until("qemu-img to encrypt", Duration.ofMinutes(1), () -> encrypt.run().exitCode() == 0,
                () -> encrypt.run().toString());
        assertRefused(luks, "is encrypted (LUKS)");
        Path split = directory.resolve("split");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=" + directory.resolve("data"), split,
                MIB);
        assertRefused(split, "keeps its data in an external file");
    }

    @Test
    void shouldGiveLongPieces() throws IOException {
        Path raw = directory.resolve("raw");
        Files.write(raw, new byte[64 * (int) MIB]);
        RawImages.scribble(raw, 0, 64 * (int) MIB, 3);
        Path image = directory.resolve("image");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image);
        Piece piece = new Piece();
        try (Qcow2Image opened = new Qcow2Image(open(image))) {
            opened.locate(0, opened.size(), piece, true);
            assertThat(piece.length()).isEqualTo(512 * 65536);
        }
    }

    private void assertRefused(Path image, String what) throws IOException {
        try (BlockFile file = open(image)) {
            assertThatThrownBy(() -> new Qcow2Image(file)).isInstanceOf(UnsupportedImageException.class)
                    .hasMessageContaining(what);
        }
    }

    private Path child(String name, String options, Path backing, String format, long size) {
        Path image = directory.resolve(name);
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, "-F", format, "-b",
                backing.getFileName(), image, size);
        return image;
    }

    private static long size(Random random) {
        return (1 + random.nextInt(6000)) * 512L;
    }

    /**
     * Data, zeros and discards of random length at random places.
     *
     * @param fresh nothing has been written there: compressed clusters come first, which cannot replace others
     */
    private static void write(Path image, Random random, int count, boolean fresh) throws IOException {
        long size = virtualSize(image);
        List<String> commands = new ArrayList<>();
        for (long offset = 0; fresh && offset < size; offset += 2 * MIB) {
            if (random.nextBoolean()) {
                commands.add("write -c -P " + (1 + random.nextInt(255)) + " " + offset + " "
                        + Math.min(2 * MIB, size - offset));
            }
        }
        for (int i = 0; i < count; i++) {
            long offset = random.nextInt((int) (size / 512)) * 512L;
            long length = Math.min(size - offset, (1 + random.nextInt(random.nextBoolean() ? 40 : 1500)) * 512L);
            String range = offset + " " + length;
            commands.add(switch (random.nextInt(5)) {
                case 0, 1 -> "write -P " + (1 + random.nextInt(255)) + " " + range;
                case 2 -> "write -z " + range;
                case 3 -> "discard " + range;
                default -> "write -z -u " + range;
            });
        }
        qemuIo(image, commands);
    }

    private static long virtualSize(Path image) throws IOException {
        try (Qcow2Image opened = new Qcow2Image(open(image))) {
            return opened.size();
        }
    }

    private static void qemuIo(Path image, List<String> commands) {
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2", "-d", "unmap"));
        commands.forEach(line -> command.addAll(List.of("-c", line)));
        command.add(image);
        Tool.run(command.toArray());
    }

    private void assertSame(String what, Path image) throws IOException {
        Path raw = directory.resolve("expected");
        Tool.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, raw);
        List<ForeignImage> chain = new ArrayList<>();
        try {
            open(image, ImageFormat.QCOW2, chain);
            RawComparison.assertSame(chain, raw);
        } catch (IOException | AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        } finally {
            for (ForeignImage each : chain) {
                each.close();
            }
        }
    }

    private static void open(Path path, ImageFormat format, List<ForeignImage> chain) throws IOException {
        ForeignImage image = format == ImageFormat.RAW ? new RawImage(open(path)) : new Qcow2Image(open(path));
        chain.add(image);
        if (image.parent().isPresent()) {
            ParentLink link = image.parent().get();
            open(path.resolveSibling(link.paths().get(0)), link.format().orElseThrow(), chain);
        }
    }

    private static BlockFile open(Path path) throws IOException {
        return new NativeFileSpace().open(path, OpenMode.READ);
    }
}
